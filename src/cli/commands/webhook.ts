import { command } from '../command.ts';
import { runJob } from '../watch-job.ts';

/** `webhook`: the address that tells a site of new commits. */
export const webhook = command({
  name: 'webhook',
  group: 'Sites',
  about: 'Show the address and the secret with which a repository tells a site of new commits',
  details: [
    'For GitHub, GitLab, Gitea and Forgejo: add a webhook for pushes with this address and secret, content type JSON.',
    'A call only makes Roadie look at the repository at once. Without calls it still looks, as often as `poll` says.',
  ].join('\n'),
  arguments: { site: { about: 'name of the site', presence: 'required', completes: 'site' } },
  options: {
    rotate: { kind: 'flag', about: 'make a new secret; the one before is refused from now on' },
    wait: { kind: 'flag', about: 'wait for an operation that runs already, instead of refusing' },
  },
  examples: [
    { command: 'roadie webhook boards', about: 'what to enter at the host of the repository' },
    { command: 'roadie webhook boards --rotate', about: 'after the secret was seen by somebody' },
  ],
  run: (context, { arguments: { site }, options }) =>
    runJob(context, { kind: 'webhook', site, rotate: options.rotate }, options.wait, ({ url, secret }) => {
      context.say(`Address  ${url}\nSecret   ${secret}`);
      return 0;
    }),
});
