import { command } from '../command.ts';
import { siteNamed } from '../sites.ts';
import { releasesView } from '../views/releases.ts';

/** `releases`: what a site can go back to. */
export const releases = command({
  name: 'releases',
  group: 'Looking',
  about: 'List the releases of a site, and which one is live',
  details: 'The newest five are kept, and the live one. `roadie rollback` goes back to one of them.',
  arguments: { site: { about: 'name of the site', presence: 'required', completes: 'site' } },
  options: {},
  examples: [
    { command: 'roadie releases boards', about: 'newest first' },
    { command: "roadie releases boards --json | jq -r '.releases[].id'", about: 'their names, for a script' },
  ],
  run: async (context, { arguments: { site } }) => {
    const client = await context.client();
    await siteNamed(client, site);
    const found = await client.releases(site);
    context.emit(found);
    context.say(releasesView(found, context.style, context.env.now()));
    return 0;
  },
});
