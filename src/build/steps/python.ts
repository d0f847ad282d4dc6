import { posix } from 'node:path';

import { copyPython, tryPython } from '../../machine/packages/copy-python.ts';
import { ensureFolder, exists } from '../../machine/files/files.ts';
import { pointLink } from '../../machine/files/links.ts';
import { downloadPython, ensureUv } from '../../machine/packages/uv.ts';
import { type Problem, ProblemError } from '../../problems/problem.ts';
import type { BuildContext } from '../context.ts';
import { seriesOf } from '../python.ts';
import type { Step } from '../step.ts';

/** What uv itself is installed with. */
const systemPython = '/usr/bin/python3';

/**
 * Puts the chosen interpreter where all users can run it, unless it is there. What it made is kept when a later step fails: it
 * belongs to no release, and the next attempt needs it again.
 */
export const providePython: Step<BuildContext> = {
  name: 'python',
  title: 'Provide the Python',
  async run(context) {
    const { path, version, provide } = context.python;
    if (!provide) return { skipped: `Python ${version} is there` };
    if (await exists(path)) return { skipped: `${path} is there` };
    const to = posix.dirname(posix.dirname(path));
    if (provide.kind === 'copy') {
      const words = await copyPython({ from: provide.from, version, to, user: context.builder, log: context.log });
      if (words !== undefined) throw new ProblemError(notCopied(version, provide.from, words, context.log));
      return { detail: `Python ${version}, copied from ${provide.from}` };
    }
    const words = await download(context, provide.series, to);
    if (words !== undefined) throw new ProblemError(notDownloaded(context, provide.series, words));
    return { detail: `Python ${provide.series}, downloaded by uv` };
  },
};

/**
 * uv names its installations by patch and platform, which nobody knows beforehand: a link named after the series leads to what
 * it made, so that a path can be planned. Returns the words of what failed.
 */
async function download(context: BuildContext, series: string, link: string): Promise<string | undefined> {
  const { surroundings, log, builder } = context;
  const options = { network: surroundings.network, log, signal: surroundings.signal };
  const uv = await ensureUv(surroundings.tools, { python: systemPython, ...options });
  if (uv === undefined) return 'uv, which downloads it, could not be installed';
  const folder = posix.join(posix.dirname(link), '.uv');
  await ensureFolder(folder, { mode: 0o755 });
  const made = await downloadPython(uv, series, folder, options);
  if ('words' in made) return made.words;
  const words = await tryPython(made.path, series, { user: builder, log });
  if (words !== undefined) return words;
  await pointLink(link, posix.relative(posix.dirname(link), made.path));
  return undefined;
}

function notCopied(version: string, from: string, words: string, log: string): Problem {
  return {
    code: 'no-python',
    summary: `Python ${version} in ${from} can only be run by its owner, and a copy of it does not work`,
    detail: words.slice(-2000),
    cure: [...installCures(seriesOf(version)), `The whole output: ${log}`],
  };
}

function notDownloaded({ blueprint, log }: BuildContext, series: string, words: string): Problem {
  const { requires } = blueprint.facts.python.value;
  return {
    code: 'no-python',
    summary: `The project needs Python ${requires === '' ? '3.8 or newer' : requires}; none on this machine fits, and uv could not download Python ${series}`,
    detail: words.slice(-2000),
    cure: [...installCures(series), `The whole output: ${log}`],
  };
}

function installCures(series: string): [string, string] {
  return [
    `Install Python ${series} for all users, e.g. from the distribution: \`apt-get install python${series} python${series}-venv\`.`,
    `Or, where a mirror of Python's builds can be reached, give its address to the daemon as UV_PYTHON_INSTALL_MIRROR and run the same command again.`,
  ];
}
