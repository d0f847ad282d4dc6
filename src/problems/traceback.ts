import type { Where } from './problem.ts';

/** How many of a log's lines a problem shows. */
const shownLines = 20;
/** More of a traceback than this is made shorter. */
const shownTraceback = 12;

/**
 * The lines of a log that tell why: the first traceback, which those of the processes around it only follow from; else the last
 * lines. Of a long traceback, the frames in `folder` (absolute: the project's) and the innermost one.
 */
export function tellingLines(lines: readonly string[], folder: string): readonly string[] {
  const found = tellingTraceback(lines);
  if (!found) return lines.slice(-shownLines);
  const traceback = withoutOurs(lines.slice(found[0], found[1] + 1));
  if (traceback.length <= shownTraceback) return traceback;
  const telling = tellingFrames(traceback, folder);
  if (telling.length <= shownTraceback) return telling;
  return [telling[0] ?? '', leftOut, ...telling.slice(2 - shownTraceback)];
}

/** The line that says what a program ended with: of its traceback the error itself, else the last one that is not empty. Undefined where there is none. */
export function errorLine(lines: readonly string[], folder: string): string | undefined {
  return tellingLines(lines, folder)
    .findLast((line) => line.trim() !== '')
    ?.trim();
}

/** The line of the project's own code at which the traceback that tells why was raised, relative to the folder that it ran in. */
export function placeInProject(output: readonly string[], folder: string): Where | undefined {
  const [begin, end] = tellingTraceback(output) ?? [0, 0];
  return output
    .slice(begin, end)
    .flatMap((line): readonly Where[] => {
      const [, file = '', number] = frame.exec(line) ?? [];
      return isOwn(file, folder) ? [{ file: file.slice(folder.length + 1), line: Number(number) }] : [];
    })
    .at(-1);
}

const frame = /^ {2}File "(.+)", line (\d+)/;
const leftOut = '  …';

function isOwn(file: string, folder: string): boolean {
  return file.startsWith(`${folder}/`) && !file.includes('/site-packages/');
}

/** A traceback without the frames of what Roadie puts into virtualenvs: nothing of them is anybody's to change. */
function withoutOurs(traceback: readonly string[]): readonly string[] {
  let isShown = true;
  return traceback.filter((line) => {
    const [, file] = frame.exec(line) ?? [];
    if (file !== undefined) isShown = !ours.test(file);
    else if (!line.startsWith(' ')) isShown = true;
    return isShown;
  });
}

const ours = /\/site-packages\/roadie_\w+\.py$/;

/** A traceback without the frames of other people's code on the way. */
function tellingFrames(traceback: readonly string[], folder: string): readonly string[] {
  const innermost = traceback.findLastIndex((line) => frame.test(line));
  const shown: string[] = [];
  let isShown = true;
  for (const [at, line] of traceback.entries()) {
    const [, file] = frame.exec(line) ?? [];
    if (file !== undefined) isShown = at === innermost || isOwn(file, folder);
    if (isShown) shown.push(line);
    else if (shown.at(-1) !== leftOut) shown.push(leftOut);
  }
  return shown;
}

/** Begin and end (its last line's number, with the error itself) of {@link tellingLines}' traceback. */
function tellingTraceback(lines: readonly string[]): readonly [number, number] | undefined {
  let begin = lines.findIndex((line) => line.startsWith('Traceback (most recent call last):'));
  if (begin === -1) return undefined;
  let end = tracebackEnd(lines, begin);
  // Where an error was raised while another was handled, the last one is what the program ended with.
  while (chained.test(lines[end + 2] ?? '') && lines[end + 4]?.startsWith('Traceback') === true) {
    begin = end + 4;
    end = tracebackEnd(lines, begin);
  }
  return [begin, end];
}

const chained = /^(?:During handling of the above exception|The above exception was the direct cause)/;

/** The line with the error itself: the first that is not indented. */
function tracebackEnd(lines: readonly string[], begin: number): number {
  const length = lines.slice(begin + 1).findIndex((line) => line !== '' && !line.startsWith(' '));
  return length === -1 ? lines.length - 1 : begin + 1 + length;
}
