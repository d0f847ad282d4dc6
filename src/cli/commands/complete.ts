import { ProblemError } from '../../problems/problem.ts';
import { type AnyCommand, command, type Context } from '../command.ts';
import { complete, type Lookup } from '../completion.ts';
import type { SiteStatus } from '../../contract/status.ts';
import { harmless } from '../views/text.ts';

/**
 * The hidden `__complete`: what the completion scripts ask. Prints `word<TAB>about` for each candidate, or `:path`.
 * It never starts the daemon and never says what went wrong: a shell in mid-line has no place for it.
 */
export function completeCommand(commands: readonly AnyCommand[]): AnyCommand {
  return command({
    name: '__complete',
    group: 'This machine',
    about: 'Complete a command line, for the completion scripts',
    hidden: true,
    passThrough: true,
    arguments: { words: { about: 'the words after the program, up to the cursor', presence: 'many' } },
    options: {},
    examples: [{ command: 'roadie __complete -- logs boards we', about: 'prints web' }],
    run: async (context, { arguments: { words } }) => {
      const found = await complete(words[0] === '--' ? words.slice(1) : words, commands, lookup(context));
      if (found.kind === 'path') context.say(':path');
      else for (const { word, about } of found.candidates) context.say(`${word}\t${harmless(about)}`);
      return 0;
    },
  });
}

function lookup(context: Context): Lookup {
  const sites = async (): Promise<readonly SiteStatus[]> => {
    try {
      return (await (await context.client({ start: false })).status()).sites;
    } catch (error) {
      if (error instanceof ProblemError) return [];
      throw error;
    }
  };
  return {
    sites: async () => (await sites()).map(({ name, url }) => ({ word: name, about: url })),
    services: async (site) =>
      (await sites())
        .find(({ name }) => name === site)
        ?.services.map(({ name, state }) => ({ word: name, about: state })) ?? [],
  };
}
