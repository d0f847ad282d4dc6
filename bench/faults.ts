import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { run } from '../src/machine/processes/run.ts';
import { Classic, classicFaults } from './faults/classic.ts';
import { type Fault, type Hurt, hurt } from './faults/fault.ts';
import { usualRate } from './faults/load.ts';
import { ourFaults } from './faults/our-faults.ts';
import { type Foundation, Ours, usualFoundation } from './faults/ours.ts';
import { deployUnderJobs, type QueuesResult } from './faults/queues.ts';
import { machine, page, type Row } from './faults/report.ts';
import { killAtEachStep, type KilledAtStep } from './faults/steps.ts';
import { killWriters, type Torn } from './faults/torn.ts';

/*
 * What visitors see of deploys, crashes and kills: the forum under load behind Roadie, and behind the tutorials' NGINX, Gunicorn and
 * supervisord in the same run. Each round does everything once on both; medians and the worst of all rounds count. On another
 * database or server than the usual ones (`--database mariadb`, `--server uvicorn`) only the forum behind Roadie is looked at.
 */
const { values } = parseArgs({
  options: {
    repeat: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string', default: String(usualRate) },
    kills: { type: 'string', default: '1000' },
    deploys: { type: 'string', default: '10' },
    only: { type: 'string', multiple: true, default: [] },
    stack: { type: 'string', default: 'both' },
    database: { type: 'string', default: usualFoundation.database },
    server: { type: 'string', default: usualFoundation.server },
    write: { type: 'boolean', default: false },
  },
});
// Ctrl-C ends it after what is going on, with what it has measured until then, and leaves nothing running.
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

const foundation: Foundation = {
  database: values.database === 'mariadb' ? 'mariadb' : 'postgresql',
  server: values.server === 'uvicorn' ? 'uvicorn' : 'gunicorn',
};
if (foundation.database !== values.database || foundation.server !== values.server)
  throw new Error('--database is postgresql or mariadb, --server is gunicorn or uvicorn');
const isUsual = foundation.database === usualFoundation.database && foundation.server === usualFoundation.server;
const withClassic = isUsual && values.stack !== 'roadie';

const options = { seconds: Number(values.seconds), rate: Number(values.rate) };
const repeats = Number(values.repeat);
const chosen = (id: string): boolean =>
  !stopping.signal.aborted && (values.only.length === 0 || values.only.includes(id));
const problems: string[] = [];

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

type Stage = { readonly member: Ours['member']; settled(): Promise<void> };

/** One repeat of a fault; what it promises beside the answers is told where it does not hold. */
async function once<S extends Stage>(
  name: string,
  fault: Fault<S>,
  stage: S,
  hurts: Map<string, Hurt[]>,
): Promise<void> {
  const before = performance.now();
  try {
    const result = await hurt(fault, stage, options);
    hurts.set(fault.id, [...(hurts.get(fault.id) ?? []), result]);
    const [first] = result.failures;
    say(
      `${name}: ${fault.title}: ${result.failures.length} of ${result.sent} failed${first ? ` (${first.method}: ${first.why})` : ''}, ${result.underWay} of them under way, longest wait ${(result.longestWait / 1000).toFixed(1)} s, took ${((performance.now() - before) / 1000).toFixed(0)} s`,
    );
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    say(`${name}: ${problems.at(-1)}`);
  }
  await stage.settled();
}

function rows<S>(faults: readonly Fault<S>[], hurts: ReadonlyMap<string, readonly Hurt[]>): readonly Row[] {
  return faults.flatMap(({ id, title }) => {
    const found = hurts.get(id);
    return found ? [{ id, title, hurts: found }] : [];
  });
}

const ourHurts = new Map<string, Hurt[]>();
const classicHurts = new Map<string, Hurt[]>();
const steps: KilledAtStep[] = [];
let software = '';
// The rounds come last: whoever ends them early has everything else, and as many rounds as there were.
const queues: QueuesResult | undefined = chosen('queues')
  ? await deployUnderJobs(Number(values.deploys), say)
  : undefined;
const torn: Torn | undefined = chosen('state') ? await killWriters(Number(values.kills)) : undefined;
const ours = await Ours.open(foundation);
let classic: Classic | undefined;
let rounds = 0;
try {
  await ours.start();
  if (withClassic) classic = await Classic.open(ours);
  software = await ours.software();
  if (chosen('steps'))
    for (const victim of ['job', 'daemon'] as const)
      steps.push(...(await killAtEachStep(ours, victim, { rate: options.rate, say })));
  for (let round = 1; round <= repeats && !stopping.signal.aborted; round += 1) {
    say(`round ${round} of ${repeats}`);
    for (const fault of ourFaults)
      if (values.stack !== 'classic' && chosen(fault.id)) await once('Roadie', fault, ours, ourHurts);
    for (const fault of classicFaults)
      if (classic && chosen(fault.id)) await once('classic', fault, classic, classicHurts);
    if (!stopping.signal.aborted) rounds = round;
  }
} finally {
  await classic?.close();
  await ours.close();
}

const commit = await run([
  '/usr/bin/git',
  '-C',
  fileURLToPath(new URL('..', import.meta.url)),
  'rev-parse',
  '--short',
  'HEAD',
]);
const text = page({
  ours: rows(ourFaults, ourHurts),
  classic: rows(classicFaults, classicHurts),
  steps,
  torn,
  queues,
  words: process.argv.slice(2).join(' '),
  repeats: rounds,
  options,
  problems,
  software,
  machine: machine(),
  commit: commit.stdout.trim(),
  date: new Date().toISOString().slice(0, 10),
});
process.stdout.write(text);
const name = isUsual ? 'faults' : `faults-${foundation.database}-${foundation.server}`;
if (values.write) await writeFile(fileURLToPath(new URL(`../docs/${name}.md`, import.meta.url)), text);
process.exitCode = problems.length > 0 ? 1 : 0;
