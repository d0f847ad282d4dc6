import { posix } from 'node:path';

import type { Fact, ReleaseCommand } from '../../django/facts.ts';
import { managementWords } from '../../django/read/start-commands.ts';
import { preparesStatic } from '../../django/read/static-commands.ts';
import { readText } from '../../machine/files/files.ts';
import type { RunResult } from '../../machine/processes/run.ts';
import { ProblemError } from '../../problems/problem.ts';
import { pythonFolder } from '../../source/scan-project.ts';
import type { BuildContext } from '../context.ts';
import { inRelease, lastLines, manage, pythonError } from '../manage.ts';
import type { Step } from '../step.ts';
import { lineBehind } from '../../django/marked-line.ts';

/** How long each may take, in seconds: some fill tables. */
const patience = 3600;

/** What the project's own deployment runs before its server begins, or the owner's list in its place. */
export const releaseCommands: Step<BuildContext> = {
  name: 'release-commands',
  title: 'Run what the project runs before it serves',
  async run(context) {
    const commands = context.blueprint.facts.releaseCommands.filter(({ value }) => !preparesStatic(value.words));
    if (commands.length === 0) return { skipped: 'There is nothing' };
    for (const command of commands) {
      const result = await runCommand(context, command.value.words);
      if (result.code !== 0) commandFailed(context, command, result);
    }
    return { detail: commands.map(({ value }) => shown(value)).join(', ') };
  },
};

/** Throws, unless the project itself passes over it. */
export function commandFailed(
  context: BuildContext,
  { value, because }: Fact<ReleaseCommand>,
  { code, timedOut, stdout, stderr }: RunResult,
): void {
  const said = `\`${shown(value)}\` ended with ${timedOut ? 'nothing, after more time than it may take' : code}`;
  if (value.tolerated === true) {
    const text = `${said}, which ${because.says} passes over: ${pythonError(stderr, 1)}`;
    context.surroundings.emit({ type: 'note', level: 'warning', site: context.place.site, text });
    return;
  }
  throw new ProblemError({
    code: 'command-failed',
    summary: `The release command ${said}`,
    detail: lastLines(`${stdout}\n${stderr}`, 10),
    ...(because.where && { where: because.where }),
    cure: [
      `Fix what it names (${because.says} has the command); or say at the top of roadie.toml what each release is to run: \`release.commands = []\` is nothing.`,
      `The whole output: ${context.log}`,
    ],
  });
}

async function runCommand(context: BuildContext, words: readonly string[]): Promise<RunResult> {
  const [program, ...rest] = words;
  if (program === undefined) throw new Error('a command has a word');
  const options = { as: 'site', timeoutSeconds: patience } as const;
  const command = managementWords(words);
  if (command?.[0] === 'loaddata') {
    // Never `loaddata` itself: it writes over the rows that somebody has changed since.
    const known = [...(context.state.fixtures ?? context.previous?.fixtures ?? [])];
    const program = (await readText(posix.join(pythonFolder, 'load_missing.py'))) ?? '';
    const input = `KNOWN = ${JSON.stringify(known)}\n${program}`;
    const result = await inRelease(context, [context.paths.python, '-', ...command.slice(1)], { ...options, input });
    context.state.fixtures = [...new Set([...known, ...loadedFixtures(result.stdout)])];
    return result;
  }
  return command ? manage(context, command, options) : inRelease(context, [program, ...rest], options);
}

/** The hashes that `python/load_missing.py` printed. */
function loadedFixtures(stdout: string): readonly string[] {
  return lineBehind('--- roadie fixtures ---', stdout)?.match(/[0-9a-f]{32}/g) ?? [];
}

function shown({ words }: ReleaseCommand): string {
  return (managementWords(words) ?? words).join(' ');
}
