import { isAbsolute, join } from 'node:path';

import type { Source } from '../blueprint/blueprint.ts';
import type { Config } from '../config/config.ts';
import { readConfig } from '../config/load.ts';
import { demandedVariables } from '../django/environment/demanded.ts';
import type { EnvironmentName, Facts, FoundFacts } from '../django/facts.ts';
import { findFacts } from '../django/read/find-facts.ts';
import { isBorder, type MigrationRisk, pendingFiles } from '../django/migrations/migrations.ts';
import { exists } from '../machine/files/files.ts';
import { readAs } from '../machine/processes/read-as.ts';
import { readPendingMigrations, scanProject } from '../source/scan-project.ts';
import { type Laying, type MadeFile, madeNotes, scanLaid } from './laid-files.ts';
import { must, type Problem, ProblemError } from '../problems/problem.ts';
import { ownerAsUser } from '../source/folder.ts';
import { type ResolvedSource, resolveSource, type SourceInput } from '../source/source.ts';

/** A project, read: none of its code has run. */
export type ReadProject = {
  readonly source: Source;
  /** Absolute path of the folder where the files of that revision are. */
  readonly folder: string;
  readonly config: Config;
  readonly facts: FoundFacts;
  /** Names of its files, as far as they were read. */
  readonly files: readonly string[];
  /** Without a value for each of these the settings certainly cannot be loaded. */
  readonly demanded: readonly EnvironmentName[];
  /** Files that it has only as examples, and that are made from them. */
  readonly made: readonly MadeFile[];
};

/** The system's interpreter: reading needs nothing but the standard library. */
const systemPython = '/usr/bin/python3';

/** A project whose code is here, and its config: what it is, is still to be found out. */
export type OpenProject = { readonly resolved: ResolvedSource; readonly config: Config };

/** Fetches a project where it is elsewhere, and reads its config. Throws every problem of these. */
export async function openProject(input: SourceInput): Promise<OpenProject> {
  const resolved = await resolveSource(input);
  return { resolved, config: await readProjectConfig(resolved) };
}

/** Finds out what a project is. `laying`: what a release gets besides its code. Throws every problem that there is. */
export async function readProject({ resolved, config }: OpenProject, laying: Laying): Promise<ReadProject> {
  const user = await ownerAsUser(resolved.folder);
  const { scan, made } = await scanLaid(resolved.folder, config, laying, {
    python: systemPython,
    ...(user && { user }),
  });
  const facts = findFacts(scan, config);
  if (!facts.ok) throw await locatedIn(resolved, new ProblemError(...facts.problems));
  const { source, folder, ignored = [] } = resolved;
  // What is ignored is not committed, whatever is said of its name.
  const others = facts.value.notes.filter(({ where }) => !ignored.includes(where?.file ?? ''));
  const notes = [...others, ...goesAlong(ignored), ...made.flatMap(madeNotes)];
  return {
    source,
    folder,
    config,
    facts: { ...facts.value, notes },
    files: scan.files,
    demanded: demandedVariables(scan, facts.value),
    made,
  };
}

/** What git ignores is said where it is taken all the same. */
function goesAlong(ignored: readonly string[]): Facts['notes'] {
  return ignored.map((file) => ({
    says: `${file} goes along, although git ignores it: it is your own configuration`,
    where: { file },
  }));
}

/**
 * What of the migrations that a project's folder has and that are not `applied` the running release could not live with. `files`: the
 * names of its files, where they are known already. Throws as `scanProject` does.
 */
export async function foreseenRisks(
  folder: string,
  applied: readonly string[],
  files?: readonly string[],
): Promise<readonly MigrationRisk[]> {
  if (applied.length === 0) return [];
  const user = await ownerAsUser(folder);
  const reader = { python: systemPython, ...(user && { user }) };
  const pending = pendingFiles(files ?? (await scanProject(folder, reader)).files, applied);
  return (await readPendingMigrations(folder, pending, reader)).filter(isBorder);
}

/**
 * Problems whose places are paths inside the project, with paths that can be opened. A repository's stay as they are: its owner
 * looks for them in a clone. `root`: the folder with manage.py, to which Django's own words are relative.
 */
export async function locatedIn(
  { source, folder }: ResolvedSource,
  error: ProblemError,
  root = '.',
): Promise<ProblemError> {
  if (source.kind !== 'folder') return error;
  const [first, ...rest] = await Promise.all(
    error.problems.map((problem) => located(problem, [folder, join(folder, root)])),
  );
  return first ? new ProblemError(first, ...rest) : error;
}

async function located(problem: Problem, folders: readonly string[]): Promise<Problem> {
  const { where } = problem;
  if (!where || isAbsolute(where.file)) return problem;
  for (const folder of folders) {
    const file = join(folder, where.file);
    if (await exists(file)) return { ...problem, where: { ...where, file } };
  }
  return problem;
}

/** `roadie.toml`, else `[tool.roadie]` of `pyproject.toml`, else nothing. */
async function readProjectConfig({ folder }: ResolvedSource): Promise<Config> {
  const user = await ownerAsUser(folder);
  const own = await readAs(user, join(folder, 'roadie.toml'));
  if (own !== undefined) return must(readConfig({ file: join(folder, 'roadie.toml'), text: own }));
  const shared = await readAs(user, join(folder, 'pyproject.toml'));
  if (shared === undefined) return {};
  return must(readConfig({ file: join(folder, 'pyproject.toml'), text: shared, section: 'tool.roadie' }));
}
