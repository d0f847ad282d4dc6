import { ProblemError } from '../../problems/problem.ts';
import { command, type Context } from '../command.ts';
import { finishUp, watchUp } from '../finish-up.ts';

/** `receive`: what git runs before it accepts a push to a site's own repository (its hook `pre-receive`). */
export const receive = command({
  name: 'receive',
  group: 'Sites',
  about: 'Release what is being pushed; git runs this',
  arguments: { site: { about: 'name of the site', presence: 'required', completes: 'site' } },
  options: {
    objects: { kind: 'text', value: 'FOLDER', about: 'where git holds the pushed objects' },
    branch: { kind: 'text', value: 'BRANCH', about: 'the branch that is released' },
  },
  examples: [
    {
      command: 'roadie receive boards --objects FOLDER --branch main',
      about: 'with lines `OLD NEW REF` on standard input',
    },
  ],
  hidden: true,
  run: async (context, { arguments: { site }, options }) => {
    const { objects, branch } = options;
    if (objects === undefined || branch === undefined)
      throw new ProblemError({
        code: 'bad-arguments',
        summary: 'roadie receive: git runs this, with the folder of the pushed objects and the branch',
        cure: [`$ roadie remote ${site}`],
      });
    const updates = parseUpdates(await context.env.readInput());
    const wanted = updates.find((update) => update.ref === `refs/heads/${branch}`);
    for (const { ref } of updates)
      if (ref !== `refs/heads/${branch}`) say(context, `${ref} is kept, and not released: ${branch} is.`);
    if (!wanted) return 0;
    if (/^0+$/.test(wanted.revision))
      throw new ProblemError({
        code: 'bad-arguments',
        summary: `${branch} is what the site ${site} is released from, so it cannot be deleted`,
        cure: ['Push another commit to it.', `$ roadie remote ${site} --branch OTHER`],
      });
    const request = { kind: 'push', site, branch, revision: wanted.revision, objects } as const;
    return finishUp(context, await watchUp(context, request, { wait: true, showPlan: false }));
  },
});

/** As git gives them to the hook: `OLD NEW REF`, a line each. */
function parseUpdates(text: string): readonly { readonly revision: string; readonly ref: string }[] {
  return text.split('\n').flatMap((line) => {
    const [, revision, ref] = line.split(' ');
    return revision === undefined || ref === undefined ? [] : [{ revision, ref }];
  });
}

function say(context: Context, text: string): void {
  context.env.stderr.write(`${text}\n`);
}
