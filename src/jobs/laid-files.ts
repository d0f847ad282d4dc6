import { join } from 'node:path';

import type { Config } from '../config/config.ts';
import type { Evidence } from '../django/facts.ts';
import type { Example } from '../django/read/example-settings.ts';
import { type Filled, fillExample, type Filling } from '../django/read/fill-example.ts';
import type { ProjectScan } from '../django/read/scan.ts';
import { wantedExample } from '../django/read/settings-module.ts';
import { readBytes } from '../machine/files/files.ts';
import { linkOnTheWay } from '../machine/files/links.ts';
import { readAs } from '../machine/processes/read-as.ts';
import type { RunAs } from '../services/service.ts';
import { type OwnContent, ownContent } from '../sites/own-files.ts';
import { releaseOfCode, replacedFolder } from '../sites/releases.ts';
import { scanProject } from '../source/scan-project.ts';
import { typed } from '../problems/shell-word.ts';

/** What a release gets besides the project's code. */
export type Laying = {
  readonly own: readonly OwnContent[];
  /** What the code has only because it is a release's: null, or what it has instead. */
  readonly takenBack?: ReadonlyMap<string, Uint8Array | null>;
  readonly filling: Filling;
};

/** A file that is made from its example. */
export type MadeFile = OwnContent & { readonly from: Example } & Pick<Filled, 'filled' | 'left'>;

/** Settings import few files that are there only as examples. */
const mostExamples = 10;

/** An example that is larger is none. Characters. */
const longestExample = 512 * 1024;

/** Reads a project as a release has it: with the owner's own files, and with those that it has only as examples made from them. */
export async function scanLaid(
  folder: string,
  config: Config,
  { own, takenBack, filling }: Laying,
  reader: { readonly python: string; readonly user?: RunAs },
): Promise<{ readonly scan: ProjectScan; readonly made: readonly MadeFile[] }> {
  const laid = new Map<string, Uint8Array | null>(takenBack);
  for (const { path, content } of own) laid.set(path, content);
  const made: MadeFile[] = [];
  for (;;) {
    const scan = await scanProject(folder, { ...reader, laid });
    const wanted = made.length < mostExamples ? wantedExample(scan, config) : undefined;
    const file = wanted && (await makeFrom(wanted, { folder, laid, filling, user: reader.user }));
    if (!file) return { scan, made };
    laid.set(file.path, file.content);
    made.push(file);
  }
}

async function makeFrom(
  from: Example,
  {
    folder,
    laid,
    filling,
    user,
  }: {
    readonly folder: string;
    readonly laid: ReadonlyMap<string, Uint8Array | null>;
    readonly filling: Filling;
    readonly user: RunAs | undefined;
  },
): Promise<MadeFile | undefined> {
  const own = laid.get(from.example);
  const isLinked = own === undefined && (await linkOnTheWay(folder, join(folder, from.example))) !== undefined;
  const text = own
    ? Buffer.from(own).toString()
    : isLinked
      ? undefined
      : await readAs(user, join(folder, from.example));
  if (text === undefined || text.length > longestExample) return undefined;
  const { text: content, filled, left } = fillExample(text, filling);
  return { ...ownContent(from.path, Buffer.from(content)), from, filled, left };
}

/** What there is to say of a file that is made. */
export function madeNotes({ path, from, filled, left }: MadeFile): readonly Evidence[] {
  const names = [...new Set(filled.map(({ name }) => name))];
  const open = left.map(({ name, line, placeholder }) => `${name} ('${placeholder.slice(0, 40)}', line ${line})`);
  return [
    {
      says: `${path} is made from ${from.example}: kept in the site's data${names.length === 0 ? '' : `, with ${names.join(' and ')} filled in`}; \`roadie file put SITE ${typed(path)} FILE\` replaces it`,
      where: { file: from.example },
    },
    ...(open.length === 0
      ? []
      : [
          {
            says: `${path} still has what the example stands in with for ${open.join(', ')}`,
            where: { file: from.example },
          },
        ]),
  ];
}

/**
 * What the code of a release has of the owner's files, with what the project itself has there: such code is no source for them.
 * `source`: the folder that is asked for. Undefined where it is no release's.
 */
export async function laidByRelease(
  releases: string,
  source: string,
): Promise<ReadonlyMap<string, Uint8Array | null> | undefined> {
  const release = await releaseOfCode(releases, source);
  if (!release?.own) return undefined;
  const found = new Map<string, Uint8Array | null>();
  for (const { path } of release.own)
    found.set(path, (await readBytes(join(replacedFolder(release.folder), path))) ?? null);
  return found;
}
