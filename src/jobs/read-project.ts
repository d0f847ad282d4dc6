import { join } from 'node:path';

import type { Source } from '../blueprint/blueprint.ts';
import type { Config } from '../config/config.ts';
import { readConfig } from '../config/load.ts';
import type { Facts } from '../django/facts.ts';
import { findFacts } from '../django/find-facts.ts';
import { readText } from '../machine/files.ts';
import { scanProject } from '../machine/project.ts';
import { must } from '../problems/problem.ts';
import { ownerAsUser } from '../source/folder.ts';
import { type ResolvedSource, resolveSource, type SourceInput } from '../source/source.ts';

/** A project, read: none of its code has run. */
export type ReadProject = {
  readonly source: Source;
  /** Absolute path of the folder where the files of that revision are. */
  readonly folder: string;
  readonly config: Config;
  readonly facts: Facts;
};

/** The system's interpreter: reading needs nothing but the standard library. */
const systemPython = '/usr/bin/python3';

/** Fetches a project where it is elsewhere, reads its config and finds out what it is. Throws every problem of these. */
export async function readProject(input: SourceInput): Promise<ReadProject> {
  const resolved = await resolveSource(input);
  const config = await readProjectConfig(resolved);
  const user = await ownerAsUser(resolved.folder);
  const scan = await scanProject(resolved.folder, { python: systemPython, ...(user && { user }) });
  return { ...resolved, config, facts: must(findFacts(scan, config)) };
}

/** `roadie.toml`, else `[tool.roadie]` of `pyproject.toml`, else nothing. */
async function readProjectConfig({ folder }: ResolvedSource): Promise<Config> {
  const own = await readText(join(folder, 'roadie.toml'));
  if (own !== undefined) return must(readConfig({ file: join(folder, 'roadie.toml'), text: own }));
  const shared = await readText(join(folder, 'pyproject.toml'));
  if (shared === undefined) return {};
  return must(readConfig({ file: join(folder, 'pyproject.toml'), text: shared, section: 'tool.roadie' }));
}
