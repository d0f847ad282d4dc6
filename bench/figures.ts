import { existsSync, readFileSync } from 'node:fs';

/** The one in the middle, of an even number the lower of the two; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

/** What a program has written at each of its starts, `NANOSECONDS PID`: the time in milliseconds, and the process. */
export function startsIn(file: string): readonly { readonly time: number; readonly pid: number }[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes(' '))
    .map((line) => {
      const [time, pid] = line.split(' ');
      return { time: Number(time) / 1e6, pid: Number(pid) };
    });
}
