import { baseName, below, folderOf, isAside } from './paths.ts';
import type { ProjectScan } from './scan.ts';

/** An instruction of a Dockerfile: `RUN`, in capitals, and what follows it. */
export type Instruction = { readonly word: string; readonly rest: string; readonly line: number };

/** A Dockerfile with what its variables are where nobody sets them. */
export type Dockerfile = {
  readonly file: string;
  readonly instructions: readonly Instruction[];
};

/**
 * The Dockerfile that runs the project in production: of those that start or install something of Python the one whose path says
 * production, else one that says what its image runs, else the uppermost; none that says development.
 */
export function findDockerfile(scan: Pick<ProjectScan, 'texts'>): Dockerfile | undefined {
  const [file] = Object.keys(scan.texts)
    .filter((each) => /^dockerfile|\.dockerfile$/i.test(baseName(each)) && !isAside(each) && !forDevelopers(each))
    .filter((each) => /\b(?:python|pip|uv|poetry|gunicorn|uvicorn|manage\.py)\b/.test(scan.texts[each] ?? ''))
    .toSorted(
      (left, right) =>
        Number(/prod/i.test(right)) - Number(/prod/i.test(left)) ||
        Number(runs(scan.texts[right])) - Number(runs(scan.texts[left])) ||
        left.length - right.length,
    );
  return file === undefined ? undefined : { file, instructions: readDockerfile(scan.texts[file] ?? '') };
}

function runs(text = ''): boolean {
  return /^\s*(?:CMD|ENTRYPOINT)\s/im.test(text);
}

/** Whether a path says that it is for development, tests or other programs than the web server. */
export function forDevelopers(path: string): boolean {
  return /(?:^|[/._-])(?:dev|devel|development|local|tests?|testing|ci|debug|override|docs|e2e)(?:[/._-]|$)/i.test(
    path,
  );
}

/** The instructions of all stages; ARG and ENV are put in where they are used. Quotes and lists stay as they are. */
function readDockerfile(text: string): readonly Instruction[] {
  const variables = new Map<string, string>();
  const found: Instruction[] = [];
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const line = index + 1;
    let whole = lines[index] ?? '';
    // A comment between continued lines is left out.
    while (/\\\s*$/.test(whole) && index + 1 < lines.length) {
      index += 1;
      const next = lines[index] ?? '';
      whole = /^\s*#/.test(next) ? whole : `${whole.replace(/\\\s*$/, '')}\n${next}`;
    }
    const [, word = '', raw = ''] = /^\s*([A-Za-z]+)\s+([\s\S]*)$/.exec(whole.replace(/^\s*#.*$/, '')) ?? [];
    if (word === '') continue;
    const rest = raw.replaceAll(/\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))/g, (written: string, name, fallback, bare) => {
      const value = variables.get(String(name ?? bare)) ?? (typeof fallback === 'string' ? fallback : undefined);
      return value ?? written;
    });
    if (/^(?:ARG|ENV)$/i.test(word))
      for (const [, name = '', quoted, plain] of rest.matchAll(/([A-Za-z_]\w*)(?:=|\s+)(?:"([^"]*)"|([^\s"]+))/g))
        variables.set(name, quoted ?? plain ?? '');
    found.push({ word: word.toUpperCase(), rest: rest.replaceAll('\n', ' ').trim(), line });
  }
  return found;
}

/** The words of an instruction in the form of a list (`["python", "x.py"]`); undefined where it is in the form of a shell. */
export function listForm(text: string): readonly string[] | undefined {
  if (!/^\s*\[/.test(text)) return undefined;
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g)].map(
    ([, double, single]) => double?.replaceAll(/\\(.)/g, '$1') ?? single ?? '',
  );
}

/**
 * The file of the project that a path in an image is: by the COPY that brings it there, by the end of its path, or by a name that
 * only one file has. `names`: the files to choose from.
 */
export function fileInImage(
  path: string,
  dockerfile: Dockerfile | undefined,
  names: readonly string[],
): string | undefined {
  const all = new Set(names);
  const folder = dockerfile ? folderOf(dockerfile.file) : '.';
  for (const { word, rest } of dockerfile?.instructions ?? []) {
    if (!/^(?:COPY|ADD)$/.test(word) || /--from=/.test(rest)) continue;
    const words = listForm(rest) ?? rest.split(/\s+/).filter((each) => each !== '' && !each.startsWith('--'));
    const to = words.at(-1) ?? '';
    for (const from of words.slice(0, -1)) {
      const source = from.replace(/^\.?\//, '');
      const target = /\/$|^\.$/.test(to) ? `${to}/${baseName(source)}` : to;
      if (normal(target) !== normal(path)) continue;
      const found = [source, below(folder, source)].find((each) => all.has(each));
      if (found !== undefined) return found;
    }
  }
  const plain = normal(path);
  const candidates = [plain, below(folder, plain)];
  const exact = candidates.find((each) => all.has(each));
  if (exact !== undefined) return exact;
  // `/app/docker/start.sh` is `docker/start.sh`, wherever the code lies in the image.
  const ends = names
    .filter((name) => `/${plain}`.endsWith(`/${name}`))
    .toSorted((left, right) => right.length - left.length);
  if (ends[0] !== undefined) return ends[0];
  const named = names.filter((name) => baseName(name) === baseName(plain) && !isAside(name) && !forDevelopers(name));
  return named.length === 1 ? named[0] : undefined;
}

function normal(path: string): string {
  return path.replaceAll(/\/+/g, '/').replace(/^(?:\.?\/)+/, '');
}
