import type { Fact } from '../facts.ts';
import { baseName, isAside } from './paths.ts';
import { webLine } from './procfile.ts';
import type { ProjectScan } from './scan.ts';

/**
 * The words with which the project starts its web server: those of `web` in its Procfile, else of the last CMD or ENTRYPOINT of its
 * Dockerfile. Shell syntax stays among them: they tell which program is meant, and are not run.
 */
export function findWebCommand(scan: ProjectScan): Fact<readonly string[]> | undefined {
  const web = webLine(scan);
  if (web) return command(web.command, web.file, web.line, 'web');
  const dockerfile = Object.keys(scan.texts).find((file) => baseName(file) === 'Dockerfile' && !isAside(file));
  const last = (dockerfile === undefined ? '' : (scan.texts[dockerfile] ?? ''))
    .split('\n')
    .map((text, index) => ({ found: /^\s*(CMD|ENTRYPOINT)\s+(.+)$/i.exec(text), line: index + 1 }))
    .findLast(({ found }) => found);
  if (dockerfile === undefined || !last?.found) return undefined;
  return command(last.found[2] ?? '', dockerfile, last.line, last.found[1] ?? '');
}

function command(text: string, file: string, line: number, said: string): Fact<readonly string[]> {
  const words = text.split(/[\s"',[\];&|]+/).filter((word) => word !== '');
  return { value: words, because: { says: `${said} in ${file}:${line}`, where: { file, line } } };
}
