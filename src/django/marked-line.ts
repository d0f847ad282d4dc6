/** The line behind a marker line in what a program of Roadie's printed; undefined where it ended without. */
export function lineBehind(marker: string, stdout: string): string | undefined {
  return new RegExp(`^${marker}\n(.*)$`, 'm').exec(stdout)?.[1];
}
