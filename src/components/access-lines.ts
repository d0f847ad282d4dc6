import type { ReadAccessLine } from './edge/access-log.ts';
import { readApacheLine } from './apache/access-line.ts';
import { readNginxLine } from './nginx/access-line.ts';

/*
 * How the edges write their access logs: apart from the components' list, since the daemon, which reads them, loads no checker of
 * options.
 */
const formats: readonly ReadAccessLine[] = [readNginxLine, readApacheLine];

/** Reads a line of a site's access log, whichever edge wrote it: after a change of edges a log has lines of both. */
export const readAccessLine: ReadAccessLine = (line) => {
  for (const read of formats) {
    const found = read(line);
    if (found) return found;
  }
  return undefined;
};
