import type { ScheduledTask } from '../../contract/status.ts';
import type { Style } from './style.ts';
import { cut, duration, harmless, table } from './text.ts';

const heads = ['TASK', 'SITE', 'NEXT', 'LAST', 'RESULT'];
const lastColumn = heads.length - 1;

/** What the daemon does by the clock, a line for each task. `now`: milliseconds since 1970. */
export function scheduleView(schedule: readonly ScheduledTask[], style: Style, now: number): string {
  const rows = table([heads, ...schedule.map((task) => cells(task, now))], {
    paint: (text, row, column) =>
      row === 0
        ? style.dim(text)
        : column === lastColumn && schedule[row - 1]?.outcome === 'failed'
          ? style.yellow(text)
          : text,
  });
  return rows.join('\n');
}

function cells({ task, site, state, next, last, outcome, result }: ScheduledTask, now: number): readonly string[] {
  const ago = last === null ? '-' : `${duration(secondsTo(now, Date.parse(last)))} ago`;
  const told = harmless(result ?? '').split('\n')[0] ?? '';
  return [
    task,
    site ?? '-',
    state === 'runs' ? 'now' : next === null ? 'when asked' : `in ${duration(secondsTo(Date.parse(next), now))}`,
    ago,
    cut(outcome === 'failed' ? `failed: ${told}` : told || '-', 80),
  ];
}

/** Whole seconds from one time to a later one, in milliseconds; 0 where it has passed. */
function secondsTo(later: number, earlier: number): number {
  return Math.max(0, Math.floor((later - earlier) / 1000));
}
