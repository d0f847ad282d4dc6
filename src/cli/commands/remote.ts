import type { JobResults } from '../../contract/results.ts';
import { command } from '../command.ts';
import { requireRef } from '../source.ts';
import { runJob } from '../watch-job.ts';

/** `remote`: a repository that a site can be pushed to. */
export const remote = command({
  name: 'remote',
  group: 'Sites',
  about: 'Make a repository that a site can be pushed to, and show its address',
  details: [
    'A push to its branch is accepted when its release is, and shows the progress; where the release is refused, so is',
    'the push. From the first push on it is the source of the site. Who pushes needs to be the user that runs Roadie.',
  ].join('\n'),
  arguments: { site: { about: 'name of the site', presence: 'required', completes: 'site' } },
  options: {
    branch: { kind: 'text', value: 'BRANCH', about: 'the branch that is released when it is pushed (default: main)' },
    wait: { kind: 'flag', about: 'wait for an operation that runs already, instead of refusing' },
  },
  examples: [
    { command: 'roadie remote boards', about: 'then, in your clone, what it prints' },
    { command: 'roadie remote boards --branch production', about: 'another branch than main' },
  ],
  run: (context, { arguments: { site }, options }) => {
    requireRef(options.branch);
    const request = { kind: 'remote', site, ...(options.branch !== undefined && { branch: options.branch }) } as const;
    return runJob(context, request, options.wait, (result) => {
      context.say(remoteView(result));
      return 0;
    });
  },
});

function remoteView({ site, path, branch, host, user, follows }: JobResults['remote']): string {
  return [
    'On this machine:',
    `  git remote add roadie ${path}`,
    'From elsewhere, by ssh:',
    `  git remote add roadie ssh://${user}@${host}${path}`,
    'Then each release is:',
    `  git push roadie ${branch}`,
    ...(follows === null ? [] : [`${site} follows ${follows}, until the first push here.`]),
  ].join('\n');
}
