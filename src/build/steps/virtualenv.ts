import { posix } from 'node:path';

import { sitePackagesFiles } from '../../django/read/install.ts';
import { describeFile, ensureFolder, exists, readText, writeAtomically } from '../../machine/files/files.ts';
import { readInside } from '../../machine/processes/inside.ts';
import { pythonFolder } from '../../source/scan-project.ts';
import type { RunResult } from '../../machine/processes/run.ts';
import { runTied } from '../../machine/processes/tied.ts';
import { linkTree, listFolder, removeTree } from '../../machine/files/tree.ts';
import { ensureUv, uvVersion } from '../../machine/packages/uv.ts';
import { must, ProblemError } from '../../problems/problem.ts';
import { type BuildContext, releasePaths, required } from '../context.ts';
import { planInstall } from '../dependencies.ts';
import { installCommand, runInstaller } from '../installer.ts';
import { isReleaseId } from '../../sites/releases.ts';
import { virtualenvFingerprint } from '../fingerprint.ts';
import { olderBuildTools } from '../build-tools.ts';
import { dayToGoBackTo } from '../drifted.ts';
import { dependencyProblem } from '../resolver-words.ts';
import { sitePackages } from '../site-packages.ts';
import { spareFingerprint, spareVirtualenv } from '../spare-virtualenv.ts';
import type { Step } from '../step.ts';

/**
 * Makes an empty virtualenv, or takes over that of an earlier release with the same interpreter and requirements: its files
 * never change, so hard links do, and `--relocatable` has kept its own path out of them.
 */
export const makeVirtualenv: Step<BuildContext> = {
  name: 'virtualenv',
  title: 'Make the virtualenv',
  async run(context) {
    const { paths, state, python, log } = context;
    const uv = await ensureUv(context.surroundings.tools, {
      python: python.path,
      network: context.surroundings.network,
      log,
      signal: context.surroundings.signal,
    });
    state.installer = uv === undefined ? { kind: 'pip' } : { kind: 'uv', path: uv };
    if (context.blueprint.requirementsAsOf !== undefined && uv === undefined) throw new ProblemError(needsUv);
    const install = must(
      await planInstall(context.blueprint.dependencies, (path) => readInside(paths.code, path), state.installer.kind),
    );
    state.install = install;
    state.virtualenvFingerprint = virtualenvFingerprint({
      python,
      files: { ...install.inputs, ...install.generated },
      commands: [
        install.exportArguments ?? [],
        install.arguments,
        ...(context.blueprint.requirementsAsOf === undefined ? [] : [[context.blueprint.requirementsAsOf]]),
      ],
      additions: context.blueprint.pythonAdditions.map(({ requirement }) => requirement),
      installer: uv === undefined ? 'pip' : `uv ${uvVersion}`,
      // What refers to its own path, or to the code's, is of use to no other release.
      ...((install.local || uv === undefined) && { revision: context.id }),
    });
    const equal = await findEqual(context, state.virtualenvFingerprint);
    if (
      equal !== undefined &&
      (await linkTree(releasePaths(context.place.folders.releases, equal, '.').virtualenv, paths.virtualenv))
    ) {
      state.reused = true;
      return { skipped: `The requirements are those of ${equal}: its virtualenv is used again` };
    }
    const { site } = context.place.folders;
    if (
      (await spareFingerprint(site)) === state.virtualenvFingerprint &&
      (await linkTree(spareVirtualenv(site), paths.virtualenv))
    ) {
      state.reused = true;
      return { skipped: 'The requirements are those of the attempt that failed: its virtualenv is used again' };
    }
    const command: [string, ...string[]] =
      uv === undefined
        ? [python.path, '-I', '-m', 'venv', paths.virtualenv]
        : [uv, 'venv', '--quiet', '--relocatable', '--no-project', '--python', python.path, paths.virtualenv];
    // The release's folder is root's; the virtualenv inside it is the builder's until it is sealed.
    await ensureFolder(paths.virtualenv, {
      mode: 0o755,
      ownership: context.builder && { uid: context.builder.uid, gid: context.builder.gid },
    });
    const made = await runInstaller(context, command);
    if (made.code !== 0) {
      throw new ProblemError({
        code: 'no-python',
        summary: `${python.path} cannot make a virtualenv`,
        detail: made.stderr.trim().slice(-2000),
        cure: ['$ apt-get install python3-venv', `The whole output: ${log}`],
      });
    }
    return { detail: `Python ${python.version}` };
  },
};

const needsUv: ConstructorParameters<typeof ProblemError>[0] = {
  code: 'dependencies-unresolvable',
  summary: 'Requirements can be resolved as of a day by uv alone, which could not be installed',
  cure: ['Check that this machine reaches the package index; or take `requirements_as_of` out of roadie.toml.'],
};

/** The newest other release whose virtualenv is complete and of that fingerprint. */
async function findEqual(context: BuildContext, fingerprint: string): Promise<string | undefined> {
  const ids = (await listFolder(context.place.folders.releases)).filter((id) => isReleaseId(id) && id !== context.id);
  for (const id of ids.toReversed()) {
    const { stamp } = releasePaths(context.place.folders.releases, id, '.');
    if ((await readText(stamp))?.trim() === fingerprint) return id;
  }
  return undefined;
}

export const installRequirements: Step<BuildContext> = {
  name: 'requirements',
  title: "Install the project's requirements",
  async run(context) {
    const { paths, state } = context;
    const plan = required(context, 'install');
    if (state.reused === true) return { skipped: 'The virtualenv has them' };
    if (plan.arguments.length === 0) return { skipped: 'The project declares none' };
    for (const [name, content] of Object.entries(plan.generated)) await writeWork(context, name, content);
    if (plan.exportArguments && state.installer?.kind === 'uv') {
      const exported = await runInstaller(context, [
        state.installer.path,
        ...plan.exportArguments,
        '--python',
        paths.python,
      ]);
      if (exported.code !== 0) throw await failure(context, 'The lock', exported);
      await writeWork(context, 'exported', exported.stdout);
    }
    const args = plan.arguments.map((argument) =>
      argument.startsWith('@') ? posix.join(paths.work, argument.slice(1)) : argument,
    );
    const asOf = context.blueprint.requirementsAsOf;
    const then = asOf === undefined ? [] : ['--exclude-newer', `${asOf}T23:59:59Z`];
    const command: [string, ...string[]] = [...installCommand(state.installer, paths), ...then, ...args];
    let done = await runInstaller(context, command);
    const older: string[] = [];
    // Each kind of build tool once.
    while (done.code !== 0 && state.installer?.kind === 'uv') {
      const more = olderBuildTools(`${done.stderr}\n${done.stdout}`).filter((one) => !older.includes(one));
      if (more.length === 0) break;
      older.push(...more);
      await writeWork(context, 'build-constraints.txt', `${older.join('\n')}\n`);
      done = await runInstaller(context, [
        ...command,
        '--build-constraints',
        posix.join(paths.work, 'build-constraints.txt'),
      ]);
    }
    if (done.code !== 0) throw await failure(context, 'The requirements', done);
    const built = older.length === 0 ? '' : `, built with ${older.join(' and ')}: some are too old for the newest`;
    const detail = summary(done)?.detail;
    return detail === undefined ? undefined : { detail: `${detail}${built}` };
  },
};

/** A call of its own: with hashes in the project's requirements the installer refuses whatever has none. */
export const installAdditions: Step<BuildContext> = {
  name: 'additions',
  title: 'Add what the project does not declare',
  async run(context) {
    const additions = context.blueprint.pythonAdditions.map(({ requirement }) => requirement);
    if (context.state.reused === true) return { skipped: 'The virtualenv has it' };
    if (additions.length === 0) return { skipped: 'Nothing is missing' };
    const done = await runInstaller(context, [...installCommand(context.state.installer, context.paths), ...additions]);
    if (done.code !== 0) throw await failure(context, additions.join(', '), done);
    return { detail: additions.join(', ') };
  },
};

/**
 * Puts Roadie's few files into site-packages, new files each time: those of a virtualenv that is used again are another
 * release's as well. Runs after the virtualenv was sealed, so that no code of the project's can lead root astray.
 */
export const installPythonFiles: Step<BuildContext> = {
  name: 'python-files',
  title: "Install Roadie's overlay",
  async run(context) {
    const { paths } = context;
    const site = await sitePackages(paths.virtualenv);
    const files = await Promise.all(
      sitePackagesFiles.map(async (name) => ({
        path: posix.join(site, name),
        content: (await readText(posix.join(pythonFolder, name))) ?? '',
      })),
    );
    await removeTree(paths.work);
    const there = await Promise.all(files.map(async ({ path, content }) => (await readText(path)) === content));
    // The project has had no chance to write there: what is equal is the other release's, compiled and all.
    if (context.state.reused === true && !there.includes(false)) return { skipped: 'The virtualenv has it' };
    for (const { path, content } of files) await writeAtomically(path, content, { mode: 0o644 });
    const targets = files.map(({ path }) => path).filter((path) => path.endsWith('.py'));
    // The interpreter of the machine, not the virtualenv's: that one would run the packages' own start-up code as root.
    if ((await describeFile(posix.join(site, '__pycache__')))?.kind !== 'link')
      await runTied([context.python.path, '-I', '-m', 'compileall', '-q', ...targets], {
        log: context.log,
        timeoutSeconds: 60,
      });
    if (!(await exists(paths.stamp)))
      await writeAtomically(paths.stamp, `${required(context, 'virtualenvFingerprint')}\n`, { mode: 0o644 });
    return undefined;
  },
};

async function writeWork(context: BuildContext, name: string, content: string): Promise<void> {
  await writeAtomically(posix.join(context.paths.work, name), content, { mode: 0o644 });
}

async function failure(context: BuildContext, what: string, result: RunResult): Promise<ProblemError> {
  return new ProblemError(
    dependencyProblem(`${result.stderr}\n${result.stdout}`, {
      what,
      python: context.python.version,
      log: context.log,
      timedOut: result.timedOut,
      committed: await dayToGoBackTo(context),
      asOf: context.blueprint.requirementsAsOf,
    }),
  );
}

function summary(result: RunResult): { readonly detail: string } | undefined {
  const installed = /Installed (\d+) packages?/.exec(result.stderr)?.[1];
  return installed === undefined ? undefined : { detail: `${installed} packages` };
}
