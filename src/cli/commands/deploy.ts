import { command } from '../command.ts';
import { finishUp, watchUp } from '../finish-up.ts';
import { siteNamed } from '../sites.ts';
import { requireRef } from '../source.ts';
import { waitBakeOption } from '../wait-bake.ts';
import { releasesView } from '../views/releases.ts';

/** `deploy`: releases what the site's source has now. */
export const deploy = command({
  name: 'deploy',
  group: 'Sites',
  about: 'Release what the source of a site has now, or another commit of it',
  details: [
    'Builds beside the running release, checks, migrates, and switches once the new one answers; visitors do not notice.',
    'The new release is watched for a while after the switch, and given up by itself where it does badly:',
    '--wait-bake waits for that. A deploy ends the hold that a rollback has set, and tries a revision again that has failed.',
  ].join('\n'),
  arguments: { site: { about: 'name of the site', presence: 'required', completes: 'site' } },
  options: {
    ref: { kind: 'text', value: 'REF', about: 'branch, tag or commit, for this time (default: what the site follows)' },
    status: { kind: 'flag', about: 'show what is going on instead: running, held, failed, watched' },
    'wait-bake': waitBakeOption,
    wait: { kind: 'flag', about: 'wait for an operation that runs already, instead of refusing' },
  },
  examples: [
    { command: 'roadie deploy boards', about: 'the newest commit, or the folder as it is now' },
    { command: 'roadie deploy boards --ref v2.1', about: 'a tag' },
    { command: 'roadie deploy boards --wait-bake', about: 'until it has proven itself, for a script' },
    { command: 'roadie deploy boards --status', about: 'whether one runs, and what became of the last' },
  ],
  run: async (context, { arguments: { site }, options }) => {
    const client = await context.client();
    await siteNamed(client, site);
    if (options.status) {
      const releases = await client.releases(site);
      context.emit(releases);
      context.say(releasesView(releases, context.style, context.env.now()));
      return 0;
    }
    requireRef(options.ref);
    const request = { kind: 'deploy', site, ...(options.ref !== undefined && { ref: options.ref }) } as const;
    return finishUp(context, await watchUp(context, request, { wait: options.wait, showPlan: false }), {
      waitBake: options['wait-bake'],
    });
  },
});
