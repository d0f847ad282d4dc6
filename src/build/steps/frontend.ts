import { posix } from 'node:path';

import type { FrontEnd } from '../../django/facts.ts';
import { usesModulesLater } from '../../django/frontend/modules-later.ts';
import { usualNode } from '../../django/frontend/node-version.ts';
import { readText, writeAtomically } from '../../machine/files/files.ts';
import { changedSince, copyFiles, hashFiles, listFolder, walkTree } from '../../machine/files/tree.ts';
import { ensureNodeTools, type NodeTools } from '../../machine/packages/node-tools.ts';
import { readInside } from '../../machine/processes/inside.ts';
import { ProblemError } from '../../problems/problem.ts';
import { isReleaseId } from '../../sites/releases.ts';
import { type BuildContext, releasePaths } from '../context.ts';
import { frontEndFingerprint, publicVariables, sourceFiles } from '../frontend/fingerprint.ts';
import { managerPackage } from '../frontend/manager-package.ts';
import { noNode } from '../frontend/node-words.ts';
import { modulesFolders, removeModules, runBuild, separateLinks } from '../frontend/run.ts';
import type { Step } from '../step.ts';

/** More files than a project has with all that is built and, where that is kept, installed. */
const mostFiles = 500_000;

/** What a build has made: the paths are relative to the release's code. */
type Built = { readonly fingerprint: string; readonly files: readonly string[] };

/** What became of one front end. */
type Outcome = { readonly words: string; readonly built?: Built; readonly reused?: true };

/**
 * Builds what Django serves of the project's front ends, as the build's user, before Django is asked anything: what is built belongs to
 * the code from then on. Where nothing that a build reads has changed, the files of an earlier release are copied.
 */
export const buildFrontEnds: Step<BuildContext> = {
  name: 'frontend',
  title: 'Build the front end',
  async run(context) {
    const frontEnds = context.blueprint.facts.frontEnds ?? [];
    if (frontEnds.length === 0) return { skipped: 'Nothing calls for one' };
    const outcomes: Outcome[] = [];
    for (const { value } of frontEnds) outcomes.push(await provide(context, value));
    const made = outcomes.flatMap(({ built }) => (built ? [built] : []));
    await writeAtomically(builtFile(context.paths.folder), `${JSON.stringify(made)}\n`, { mode: 0o600 });
    const detail = outcomes.map(({ words }) => words).join('; ');
    return outcomes.every(({ reused }) => reused === true) ? { skipped: detail } : { detail };
  },
};

/** Beside the code in a release: what of it was built. Root's. */
function builtFile(folder: string): string {
  return posix.join(folder, 'frontend.json');
}

async function provide(context: BuildContext, frontEnd: FrontEnd): Promise<Outcome> {
  const { paths, surroundings, place, blueprint, log } = context;
  const tools = await toolsFor(context, frontEnd);
  const programs = posix.join(paths.code, frontEnd.folder, 'node_modules', '.bin');
  context.state.nodePath = [...(context.state.nodePath ?? []), tools.bin, programs];
  const before = await walkTree(paths.code, (name) => name === '.git' || name === 'node_modules', mostFiles);
  const packageFile = (await readInside(paths.code, posix.join(frontEnd.folder, 'package.json'))) ?? '';
  const variables = publicVariables(blueprint.ownerEnvironment);
  const fingerprint = frontEndFingerprint({
    frontEnd,
    tools: [tools.version, tools.manager],
    sources: (await hashFiles(paths.code, sourceFiles(before, packageFile))).hash,
    variables,
  });
  const earlier = await takeOver(context, fingerprint);
  if (earlier) return { words: `What ${earlier.id} built is used again`, built: earlier.built, reused: true };
  // Clocks of files tick more slowly than those of programs.
  const began = Date.now() - 50;
  const modules = await modulesFolders(context);
  const problem = await runBuild(context, frontEnd, tools, variables);
  if (problem && frontEnd.optional !== true) throw new ProblemError(problem);
  const kept = frontEnd.kept !== undefined || usesModulesLater(blueprint.facts.installedApps);
  if (!kept || problem) await removeModules(context, modules);
  await separateLinks(context);
  if (problem) {
    const text = `${frontEnd.folder}/package.json is built by the project's documents and by nothing else, and that failed: ${problem.summary} (${log})`;
    surroundings.emit({ type: 'note', level: 'warning', site: place.site, text });
    return { words: `It could not be built: ${problem.summary}` };
  }
  const after = await walkTree(paths.code, (name) => name === '.git' || (name === 'node_modules' && !kept), mostFiles);
  const files = await changedSince(paths.code, after, began);
  return { words: `Node ${tools.version}, ${tools.manager}, ${files.length} files`, built: { fingerprint, files } };
}

/** Node and its manager of packages. */
async function toolsFor(context: BuildContext, { manager, node }: FrontEnd): Promise<NodeTools> {
  const { paths, surroundings, log } = context;
  const lock = manager.lock === undefined ? undefined : await readInside(paths.code, manager.lock);
  const tools = await ensureNodeTools(
    { node: node.value, usual: usualNode, manager: managerPackage(manager, (lock ?? '').slice(0, 2000)) },
    { tools: surroundings.tools, network: surroundings.network, log, signal: surroundings.signal },
  );
  if ('words' in tools) throw new ProblemError(noNode(node, tools.words, log));
  return tools;
}

/** Copies what the newest release of that fingerprint has built; undefined where there is none. */
async function takeOver(
  context: BuildContext,
  fingerprint: string,
): Promise<{ readonly id: string; readonly built: Built } | undefined> {
  const { releases } = context.place.folders;
  const ids = (await listFolder(releases)).filter((id) => isReleaseId(id) && id !== context.id);
  for (const id of ids.toReversed()) {
    const earlier = releasePaths(releases, id, '.');
    const text = await readText(builtFile(earlier.folder));
    const built = text === undefined ? undefined : parse(text).find((one) => one.fingerprint === fingerprint);
    if (!built) continue;
    const words = await copyFiles(earlier.code, built.files, context.paths.code, {
      reader: context.builder,
      writer: context.builder,
    });
    // As the build's user on both sides: where the site keeps some of it in its data, links lead there, and that is the site's to change.
    // What the site keeps may be gone from there: then it is built again, over what was copied.
    return words === undefined ? { id, built } : undefined;
  }
  return undefined;
}

function parse(text: string): readonly Built[] {
  try {
    return JSON.parse(text) as readonly Built[];
  } catch {
    return [];
  }
}
