import { availableParallelism, cpus, totalmem } from 'node:os';

import { median } from '../figures.ts';
import { type Hurt, warmUp } from './fault.ts';
import type { QueuesResult } from './queues.ts';
import type { KilledAtStep } from './steps.ts';
import type { Torn } from './torn.ts';

/** One line of the table: all repeats of a fault on one stack. */
export type Row = { readonly id: string; readonly title: string; readonly hurts: readonly Hurt[] };

/** The table, as Markdown. */
function table(ours: readonly Row[], classic: readonly Row[]): string {
  const beside = new Map(classic.map((row) => [row.id, row]));
  const lines = ours.map((row) => {
    const other = beside.get(row.id);
    beside.delete(row.id);
    return `| ${row.title} | ${cells(row.hurts)} | ${other === undefined ? '– | –' : shortCells(other)} |`;
  });
  const alone = [...beside.values()].map((row) => `| ${row.title} | – | – | – | – | ${shortCells(row)} |`);
  return [
    '| What happens | failed | of | longest wait, s | last failure after, s | classic: failed | classic: longest wait, s |',
    '|---|--:|--:|--:|--:|--:|--:|',
    ...lines,
    ...alone,
  ].join('\n');
}

function cells(hurts: readonly Hurt[]): string {
  const last = Math.max(...hurts.map((each) => each.backAfter));
  return `${failed(hurts)} | ${median(hurts.map((each) => each.sent))} | ${waits(hurts)} | ${last > 0 ? seconds(last) : '–'}`;
}

function shortCells({ title, hurts }: Row): string {
  const how = title === 'as ours' ? '' : ` (${title})`;
  return `${failed(hurts)}${how} | ${waits(hurts)}`;
}

/** How many requests failed: the median and the most of all repeats. */
function failed(hurts: readonly Hurt[]): string {
  return `${median(hurts.map((each) => each.failures.length))} / ${worst(hurts)}`;
}

/** The longest wait of each repeat: the median and the most. */
function waits(hurts: readonly Hurt[]): string {
  const all = hurts.map((each) => each.longestWait);
  return `${seconds(median(all))} / ${seconds(Math.max(...all))}`;
}

/** The most that failed in a repeat; of how many of them the answer was lost with the process that was at work on it. */
function worst(hurts: readonly Hurt[]): string {
  const [most] = hurts.toSorted((a, b) => b.failures.length - a.failures.length);
  if (!most) return '–';
  return most.underWay > 0 ? `${most.failures.length} (${most.underWay} under way)` : String(most.failures.length);
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}

/** What it was measured on. */
export function machine(): string {
  return `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GB`;
}

type Report = {
  readonly ours: readonly Row[];
  readonly classic: readonly Row[];
  readonly steps: readonly KilledAtStep[];
  readonly torn: Torn | undefined;
  readonly queues: QueuesResult | undefined;
  /** The command's own words. */
  readonly words: string;
  readonly repeats: number;
  readonly options: { readonly seconds: number; readonly rate: number };
  readonly problems: readonly string[];
  readonly software: string;
  readonly machine: string;
  readonly commit: string;
  readonly date: string;
};

/** docs/faults.md. */
export function page(report: Report): string {
  const { options, repeats } = report;
  const parts = [
    `# What visitors see of faults`,
    '',
    `Written by \`npm run bench -- faults ${report.words}\` on ${report.date} at ${report.commit}: ${report.machine}, ${report.software}.`,
    '',
    `The forum of \`examples/boards\` over HTTPS under ${options.rate} requests a second at fixed times, whatever becomes of those before: half of them POSTs`,
    `that edit a row, half on new connections, each with a session. Each fault comes ${warmUp(options.seconds) / 1000} s after the load begins, which lasts`,
    `${options.seconds} s or as long as the fault and a second more; ${repeats} repeats, of which the median and the worst are shown. *Failed* is whatever a visitor would see: a broken connection, a status from`,
    '500 on or 429, another page than the one asked for. A GET on a connection that was used before and closed before a byte of the answer is',
    'asked again, as browsers do, and counts only if that fails too; a POST is sent again only where the server has said over HTTP/2 that it',
    'did not begin with it. Kept connections are HTTP/2 on both stacks, new ones HTTP/1.1. *Under way* are requests that the killed process was',
    'at work on: nobody can know how far it came, so only a GET may be tried again. Overload is 64 visitors without a pause.',
    '',
    ...(report.classic.length > 0
      ? [
          "The classic stack is what the tutorials show: Debian's nginx.conf and `proxy_params`, Gunicorn with three workers on a socket of its own,",
          'supervisord; the same code, virtualenv, database and load, in the same run.',
          '',
        ]
      : []),
    table(report.ours, report.classic),
    '',
    ...stepsPart(report.steps),
    ...tornPart(report.torn),
    ...queuesPart(report.queues),
    ...(report.problems.length > 0
      ? ['## What did not hold', '', ...report.problems.map((problem) => `- ${problem.split('\n')[0]}`), '']
      : []),
  ];
  return `${parts.join('\n').trimEnd()}\n`;
}

function stepsPart(steps: readonly KilledAtStep[]): readonly string[] {
  if (steps.length === 0) return [];
  const part = (victim: KilledAtStep['victim']): string => {
    const own = steps.filter((step) => step.victim === victim);
    const failed = own.reduce((sum, step) => sum + step.failed, 0);
    const sent = own.reduce((sum, step) => sum + step.sent, 0);
    const wrong = own.filter((step) => step.wrong.length > 0).map((step) => step.step);
    return `| ${victim} | ${own.length} | ${failed} of ${sent} | ${wrong.length === 0 ? 'all' : `all but ${wrong.join(', ')}`} |`;
  };
  return [
    '## Killed in the middle of a deploy',
    '',
    `\`kill -9\` at the beginning of each step of a deploy under the same load; then \`up\` again, which must bring the new code live.`,
    '',
    '| killed | steps | failed | fixed by the next `up` |',
    '|---|--:|--:|---|',
    part('job'),
    part('daemon'),
    '',
  ];
}

function tornPart(torn: Torn | undefined): readonly string[] {
  if (!torn) return [];
  return [
    '## Killed while it writes state',
    '',
    `${torn.kills} times \`kill -9\` to a process that writes state without a pause: ${torn.torn.length} torn or older than what was said to be written.`,
    '',
  ];
}

function queuesPart(queues: QueuesResult | undefined): readonly string[] {
  if (!queues) return [];
  const line = (name: string, { sent, lost, twice }: QueuesResult['rq']): string =>
    `| ${name} | ${sent} | ${lost} | ${twice} |`;
  return [
    '## Jobs',
    '',
    `A stream of jobs to Celery and to RQ over ${queues.deploys} deploys; a job takes 0.4 s (Celery) or 0.1 s (RQ).`,
    '',
    '| queue | jobs | lost | done twice |',
    '|---|--:|--:|--:|',
    line('Celery', queues.celery),
    line('RQ', queues.rq),
    `| Celery beat, every second | ${queues.beats.told} (${queues.beats.clocks} clocks after each other) | | ${queues.beats.twice} |`,
    '',
  ];
}
