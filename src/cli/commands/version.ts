import { ProblemError } from '../../problems/problem.ts';
import { command, type Context } from '../command.ts';

/** `version`: of this program, and of the daemon that runs. */
export const version = command({
  name: 'version',
  group: 'This machine',
  about: "Print the version, and the daemon's where it runs",
  arguments: {},
  options: {},
  examples: [
    { command: 'roadie version', about: 'for people' },
    { command: 'roadie version --json', about: 'for programs: {"version","daemon"}' },
  ],
  run: async (context) => {
    const daemon = await runningVersion(context);
    context.emit({ version: context.env.version, daemon });
    context.say(
      `roadie ${context.env.version}${daemon === null || daemon === context.env.version ? '' : ` (the daemon that runs is ${daemon}: \`roadie daemon upgrade\`)`}`,
    );
    return 0;
  },
});

/** Null where none runs or where it is another user's. */
async function runningVersion(context: Context): Promise<string | null> {
  try {
    return (await (await context.client({ start: false })).status()).daemon.version;
  } catch (error) {
    if (error instanceof ProblemError) return null;
    throw error;
  }
}
