import type { Evidence, Fact } from '../facts.ts';
import { below, folderOf } from './paths.ts';
import { webLine } from './procfile.ts';
import type { ProjectScan } from './scan.ts';

/**
 * The project's own configuration of Gunicorn, relative to the project's folder: the one that a Procfile's `gunicorn -c` names (also as
 * `python:MODULE`), else the `gunicorn.conf.py` that Gunicorn looks for where it is started.
 */
export function findGunicornConfig(scan: ProjectScan, root: string): Fact<string> | undefined {
  const named = procfileConfig(scan);
  if (named) {
    const { path, folder, because } = named;
    if (path.startsWith('python:')) return { value: path, because };
    const file = [folder, root].map((each) => below(each, path)).find((each) => scan.files.includes(each));
    if (file !== undefined) return { value: file, because };
  }
  const standard = below(root, 'gunicorn.conf.py');
  if (!scan.files.includes(standard)) return undefined;
  return { value: standard, because: { says: `${standard}, which Gunicorn looks for`, where: { file: standard } } };
}

/** What of that configuration does not count under Roadie, a sentence for each reason. */
export function gunicornNotes(scan: ProjectScan, config: Fact<string> | undefined): readonly Evidence[] {
  const found = scan.gunicorn.find(({ file }) => file === config?.value);
  const reasons = Map.groupBy(found?.ignored ?? [], ({ because }) => because);
  const notes = [...reasons].map(([because, settings]): Evidence => {
    const names = settings.map(({ name }) => name);
    const where = { file: config?.value ?? '', line: settings[0]?.line ?? 1 };
    return { says: `${where.file} sets ${listed(names)}: ignored, ${because}`, where };
  });
  const named = procfileConfig(scan);
  if (named && named.because !== config?.because && config?.because.says !== named.because.says)
    notes.push({ ...named.because, says: `${named.because.says} names ${named.path}, which is not in the project` });
  return notes;
}

/** What follows `-c` where a Procfile's web process is Gunicorn. Shell syntax beside it does not matter. */
function procfileConfig(
  scan: ProjectScan,
): { readonly path: string; readonly folder: string; readonly because: Evidence } | undefined {
  const web = webLine(scan);
  if (!web) return undefined;
  const option = /\bgunicorn\b.*?\s(?:-c\s*|--config(?:=|\s+))["']?((?:python:)?(?:file:)?[\w./-]+)/.exec(web.command);
  const path = option?.[1]?.replace(/^file:/, '');
  if (path === undefined) return undefined;
  return {
    path,
    folder: folderOf(web.file),
    because: { says: `web in ${web.file}:${web.line}`, where: { file: web.file, line: web.line } },
  };
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
