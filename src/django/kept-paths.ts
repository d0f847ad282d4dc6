import { posix } from 'node:path';

import type { Write } from './probe/probe.ts';

/**
 * A path in the code that the project writes: it is kept in the site's data, and each release has a link to it. Code itself is
 * read-only.
 */
export type KeptPath = {
  /** Relative to the code, without `.` and `..`. */
  readonly path: string;
  readonly kind: 'folder' | 'file';
  /** Who wants it, for people: `proj/settings.py:41`, `files.writable`. */
  readonly because: string;
};

/**
 * What a release's code has at a path: `placeholder` is a folder that holds nothing but hidden files, as git needs them to keep it.
 * Undefined: nothing.
 */
export type InCode = 'file' | 'folder' | 'placeholder' | 'other' | undefined;

/**
 * What has to be kept of that which the project tried to write. A folder is kept whole where the code has none of the name, or an
 * empty one; of a folder with content only the file itself, since the rest belongs to the release. `code` is absolute;
 * `known` says what the code has at every path on the way there (see {@link onTheWay}).
 */
export function keptPaths(
  writes: readonly Write[],
  code: string,
  known: ReadonlyMap<string, InCode>,
): readonly KeptPath[] {
  const kept = new Map<string, KeptPath>();
  for (const write of writes) {
    const found = keptFor(write, code, known);
    if (found && !kept.has(found.path)) kept.set(found.path, found);
  }
  return withoutInner([...kept.values()]);
}

/** A path as the owner's config names it. `there`: what the code has at it. */
export function configuredPath(named: string, there: 'file' | 'folder' | undefined): Omit<KeptPath, 'because'> {
  const path = named.replace(/\/$/, '');
  const looksLike = path === named && /[^/]\.[A-Za-z0-9]+$/.test(path) ? 'file' : 'folder';
  return { path, kind: there ?? looksLike };
}

/** Every path of the code on the way to what was written, each once. */
export function onTheWay(writes: readonly Write[], code: string): readonly string[] {
  return [...new Set(writes.flatMap(({ path }) => waysTo(relativeTo(code, path))))];
}

/** Only the outermost: what lies below a folder that is kept is kept with it. */
export function withoutInner(paths: readonly KeptPath[]): readonly KeptPath[] {
  return paths.filter(
    ({ path }) =>
      !isKept(
        path,
        paths.filter((other) => other.path !== path),
      ),
  );
}

/** Whether a path, relative to the code, is one that is kept or lies below one. */
export function isKept(path: string, kept: readonly KeptPath[]): boolean {
  return kept.some((one) => path === one.path || (one.kind === 'folder' && path.startsWith(`${one.path}/`)));
}

/** For people: with a `/` behind a folder. */
export function shownPath({ path, kind }: KeptPath): string {
  return kind === 'folder' ? `${path}/` : path;
}

function keptFor(write: Write, code: string, known: ReadonlyMap<string, InCode>): KeptPath | undefined {
  const relative = relativeTo(code, write.path);
  const because = write.file === null ? 'the settings' : `${write.file}${write.line === null ? '' : `:${write.line}`}`;
  for (const path of waysTo(relative)) {
    const there = known.get(path);
    const isLast = path === relative;
    // A link in the code leads where its author wants it to: that is not changed.
    if (there === 'other') return undefined;
    if (there === 'placeholder' || (there === undefined && (!isLast || write.folder)))
      return { path, kind: 'folder', because };
    if (isLast && !write.folder && there !== 'folder') return { path, kind: 'file', because };
  }
  return undefined;
}

/** `a/b/c` → `a`, `a/b`, `a/b/c`; nothing for what is no path below. */
export function waysTo(relative: string | undefined): readonly string[] {
  const names = relative?.split('/') ?? [];
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
}

function relativeTo(code: string, path: string): string | undefined {
  const relative = posix.relative(code, path);
  return relative === '' || relative === '..' || relative.startsWith('../') ? undefined : relative;
}
