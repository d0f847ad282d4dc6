import type { JobResults } from '../../contract/results.ts';
import type { Style } from './style.ts';
import { bytes, harmless, table } from './text.ts';

type Result = JobResults['tune'];
type Server = Pick<Result['recommended'], 'server' | 'worker_class'>;

/** What was measured as a table, what is recommended and why, and how to have it. */
export function tuneView(result: Result, style: Style): string {
  const { site, pages, seconds, clients, measured, left_out, note, recommended, because } = result;
  const rows = measured.map((each, index) => [
    nameOf(each),
    String(each.workers),
    each.threads === null ? '-' : String(each.threads),
    each.requests_per_second.toFixed(1),
    each.p95_ms.toFixed(0),
    each.memory_bytes === null ? '-' : bytes(each.memory_bytes),
    String(each.failed),
    index === 0 ? 'runs now' : '',
  ]);
  const without = left_out.map((each) => [
    nameOf(each),
    each.workers === null ? '-' : String(each.workers),
    each.threads === null ? '-' : String(each.threads),
    '-',
    '-',
    '-',
    '-',
    harmless(each.because),
  ]);
  const head = ['server', 'processes', 'threads', 'requests/s', 'p95, ms', 'memory', 'failed', ''];
  const lines = table([head, ...rows, ...without], {
    right: [1, 2, 3, 4, 5, 6],
    paint: (text, row) =>
      row === 0 || row > rows.length
        ? style.dim(text)
        : isRecommended(result, measured[row - 1])
          ? style.green(text)
          : text,
  });
  const threads = recommended.threads === null ? '' : `, ${recommended.threads} threads each`;
  const choice = `${nameOf(recommended)}, ${recommended.workers} processes${threads}`;
  return [
    `${style.bold(site)}, ${clients} visitors at once for ${seconds} s each, asking for ${pages.map(harmless).join(', ')}:`,
    ...lines,
    '',
    ...(note === null ? [] : [`${harmless(note)}.`]),
    `Recommended: ${style.bold(choice)}: ${because}.`,
    ending(result),
  ].join('\n');
}

/** Gunicorn's worker class stands behind it. */
function nameOf({ server, worker_class }: Server): string {
  return worker_class === null ? server : `${server} (${worker_class})`;
}

/** Whether a setting that was measured is the one that is recommended. */
function isRecommended({ recommended }: Result, measured: Result['measured'][number] | undefined): boolean {
  return (
    measured?.server === recommended.server &&
    measured.worker_class === recommended.worker_class &&
    measured.workers === recommended.workers &&
    measured.threads === recommended.threads
  );
}

function ending(result: Result): string {
  const { site, applied } = result;
  if (applied) return `The site runs with it. To take it back: roadie tune ${site} --undo`;
  return isRecommended(result, result.measured[0])
    ? 'That is how it runs now.'
    : `To run with it: roadie tune ${site} --apply`;
}
