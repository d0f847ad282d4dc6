import { describeFile, readText, removeFile, writeAtomically } from '../../machine/files/files.ts';
import { run } from '../../machine/processes/run.ts';
import { canonical } from '../../plan/differences.ts';
import type { Ownership } from '../../services/ownership.ts';
import { ProblemError } from '../../problems/problem.ts';
import type { GroupSpec } from '../../services/service.ts';
import type { Host } from './host.ts';

/** What changing the edge's files needs of the machine. */
export type EdgeHost = Pick<
  Host,
  'site' | 'edge' | 'log' | 'journals' | 'prepareEdge' | 'edgePid' | 'emit' | 'reloadEdge'
> & {
  readonly groups: Pick<Host['groups'], 'recorded'>;
};

/** A file of the edge's to write; without content, to remove. */
export type EdgeFile = {
  readonly path: string;
  readonly content?: string;
  readonly mode: number;
  readonly ownership?: Ownership;
};

/**
 * What is going on with the edge's files: kept while it goes on, so that a kill in between is seen. `written`: new files lie there
 * and nobody has checked them. `checked`: they are good, and the edge has not read them yet.
 */
type Journal = { readonly stage: 'written' | 'checked'; readonly before: readonly EdgeFile[] };

/**
 * Changes files of the edge's. They count only when the edge accepts them: if it refuses, those that were there come back and the
 * problem `edge-refused` has the edge's words; what runs goes on as it was. Then the edge reads them, unless its service is about to be
 * changed as well (`group` differs from what is recorded): then {@link finishEdgeChange} comes after that.
 */
export async function changeEdgeFiles(files: readonly EdgeFile[], host: EdgeHost, group?: GroupSpec): Promise<void> {
  await undoUnchecked(host);
  const earlier = await readJournal(host);
  const before = await Promise.all(files.map(asItIs));
  await writeJournal(host, { stage: 'written', before });
  for (const file of files) await write(file);
  const result = await run(host.prepareEdge, { log: host.log, timeoutSeconds: 120 });
  const refused =
    result.code !== 0 && result.code !== 3
      ? files
      : files.filter((file) => result.code === 3 && result.stderr.includes(file.path));
  if (refused.length > 0) {
    await undoUnchecked(host);
    // A change before this one was good, and the edge has still to read it.
    if (earlier) await writeJournal(host, earlier);
    throw refusal(host.edge, refused, result.stderr);
  }
  if (result.code === 3)
    host.emit({
      type: 'note',
      level: 'warning',
      site: host.site,
      text: `${host.edge.title} leaves out another site:\n${result.stderr.trim().slice(0, 1000)}`,
    });
  await writeJournal(host, { stage: 'checked', before });
  const serviceChanges =
    group !== undefined &&
    canonical((await host.groups.recorded('edge'))?.services ?? []) !== canonical(group.services);
  if (!serviceChanges) await finishEdgeChange(host);
}

/** Has the edge read the files that were checked, and forgets the change. */
export async function finishEdgeChange(host: EdgeHost): Promise<void> {
  const journal = await readJournal(host);
  if (journal?.stage !== 'checked') return;
  await host.reloadEdge();
  await removeFile(host.journals.edge);
}

/**
 * Has a running the edge read its certificates anew; a site that it left out for want of one is taken in by the check. Where the edge does
 * not run yet, or a change of its files is under way, that brings the certificates in by itself.
 */
export async function reloadChecked(host: EdgeHost): Promise<void> {
  const runs = ((await host.groups.recorded('edge'))?.services.length ?? 0) > 0;
  if (!runs || (await readJournal(host)) !== undefined) return;
  await run(host.prepareEdge, { log: host.log, timeoutSeconds: 120 });
  await host.reloadEdge();
}

/** The paths of the edge's files whose change was interrupted. */
export async function unfinishedEdgeFiles(host: EdgeHost): Promise<ReadonlySet<string>> {
  return new Set((await readJournal(host))?.before.map((file) => file.path));
}

/** Puts back what was there before a change that nobody has checked. */
async function undoUnchecked(host: EdgeHost): Promise<void> {
  const journal = await readJournal(host);
  if (journal?.stage !== 'written') return;
  for (const file of journal.before) await write(file);
  // The list of accepted sites may already be that of the refused files.
  await run(host.prepareEdge, { log: host.log, timeoutSeconds: 120 });
  await removeFile(host.journals.edge);
}

/** A file as it is now; without content where there is none. */
async function asItIs({ path, mode }: EdgeFile): Promise<EdgeFile> {
  const found = await describeFile(path);
  if (found?.kind !== 'file') return { path, mode };
  const content = await readText(path);
  return {
    path,
    mode: found.mode,
    ownership: { uid: found.uid, gid: found.gid },
    ...(content !== undefined && { content }),
  };
}

async function write(file: EdgeFile): Promise<void> {
  if (file.content === undefined) await removeFile(file.path);
  else await writeAtomically(file.path, file.content, { mode: file.mode, ownership: file.ownership });
}

async function readJournal(host: EdgeHost): Promise<Journal | undefined> {
  const text = await readText(host.journals.edge);
  // Written whole or not at all, by this code alone.
  return text === undefined ? undefined : (JSON.parse(text) as Journal);
}

async function writeJournal(host: EdgeHost, journal: Journal): Promise<void> {
  await writeAtomically(host.journals.edge, JSON.stringify(journal), { mode: 0o600 });
}

function refusal({ name, title }: EdgeHost['edge'], files: readonly EdgeFile[], words: string): ProblemError {
  const [first] = files;
  return new ProblemError({
    code: 'edge-refused',
    summary: `${title} refuses the new configuration, so the one before stays in force`,
    detail: words.trim().slice(0, 2000),
    ...(files.length === 1 && first && { where: { file: first.path } }),
    cure: [
      `If you changed files of ${title} by hand (modules, what is in /etc), put them right and run the same command again.`,
      `$ roadie logs edge ${name}`,
    ],
  });
}
