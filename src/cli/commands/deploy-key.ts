import type { JobResults } from '../../contract/results.ts';
import { ProblemError } from '../../problems/problem.ts';
import { command, type Context } from '../command.ts';
import { runJob } from '../watch-job.ts';

const address = { about: "the repository's address, as given to `roadie up`", presence: 'required' } as const;
const wait = { kind: 'flag', about: 'wait for an operation that runs already, instead of refusing' } as const;

/** `deploy-key`: for private repositories by ssh. */
export const deployKey = command({
  name: 'deploy-key',
  group: 'Sites',
  about: 'Make and show the key with which Roadie reads a private repository by ssh',
  details: [
    'Add it to the repository as a deploy key that may only read. The host is trusted at the first contact and held to the key',
    'that it shows then: compare the fingerprint with what the host publishes.',
  ].join('\n'),
  arguments: { address },
  options: {
    rotate: { kind: 'flag', about: 'make a new key; the one before is gone' },
    'forget-host': { kind: 'flag', about: "forget the host's key, and trust the one that it shows now" },
    wait,
  },
  examples: [
    { command: 'roadie deploy-key git@github.com:me/forum.git', about: 'before `roadie up` of a private repository' },
    { command: 'roadie deploy-key git@github.com:me/forum.git --rotate', about: 'a new key' },
  ],
  run: (context, input) =>
    runJob(
      context,
      {
        kind: 'deploy-key',
        address: withoutFragment(input.arguments.address),
        rotate: input.options.rotate,
        forget_host: input.options['forget-host'],
      },
      input.options.wait,
      (result) => {
        context.say(keyView(result));
        return 0;
      },
    ),
});

/** `deploy-token`: for private repositories by https. */
export const deployToken = command({
  name: 'deploy-token',
  group: 'Sites',
  about: 'Keep the token with which Roadie reads a private repository by https',
  details:
    'The token is asked for, or read from standard input: it never stands on a command line. It is sent to that host alone.',
  arguments: { address },
  options: {
    user: {
      kind: 'text',
      value: 'NAME',
      about: "the user name beside it (default: git; GitLab's deploy tokens have their own)",
    },
    forget: { kind: 'flag', about: 'forget the token that is kept' },
    wait,
  },
  examples: [
    { command: 'roadie deploy-token https://github.com/me/forum.git', about: 'it is asked for and not shown' },
    { command: 'roadie deploy-token https://gitlab.com/me/forum.git --user reader < token.txt', about: 'in a script' },
  ],
  run: async (context, { arguments: given, options }) => {
    const token = options.forget ? null : await readToken(context);
    const request = {
      kind: 'deploy-token',
      address: withoutFragment(given.address),
      user: options.user ?? 'git',
      token,
    } as const;
    return runJob(context, request, options.wait, ({ address: url, readable, kept }) => {
      context.say(
        `${kept ? 'The token is kept' : 'There is no token now'}, and ${url} can ${readable ? '' : 'not '}be read ${kept ? 'with it' : 'without it'}.`,
      );
      return kept && !readable ? 1 : 0;
    });
  },
});

async function readToken(context: Context): Promise<string> {
  const { env } = context;
  const typed =
    env.isTerminal && !context.json ? await env.ask('Token (not shown): ', { hidden: true }) : await env.readInput();
  const token = typed?.trim() ?? '';
  if (token !== '' && !/\s/.test(token)) return token;
  throw new ProblemError({
    code: 'not-confirmed',
    summary: token === '' ? 'No token was given' : 'A token has no blanks in it',
    cure: ['Run the same command again and type it, or give it on standard input.'],
  });
}

/** Key and token are the repository's, whatever branch and folder of it a site uses. */
function withoutFragment(text: string): string {
  return text.replace(/#.*$/, '');
}

function keyView(result: JobResults['deploy-key']): string {
  return [
    `Deploy key of ${result.address}:`,
    '',
    result.public_key,
    '',
    `Fingerprint: ${result.fingerprint}`,
    ...result.hosts.map((host) => `Host: ${host}`),
    result.readable
      ? 'The repository can be read.'
      : 'The repository cannot be read yet: add the key to it as a deploy key, then run this command again.',
  ].join('\n');
}
