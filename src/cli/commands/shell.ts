import { command } from '../command.ts';
import { manage } from '../management-command.ts';

/** `shell`: Django's shell in the live environment. */
export const shell = command({
  name: 'shell',
  group: 'Working in a site',
  about: "Open Django's shell in the live environment",
  details:
    "The same as `roadie run SITE -- shell`: Django's shell with the live database. What is changed there is changed.",
  arguments: { site: { about: 'name of the site', presence: 'required', completes: 'site' } },
  options: {},
  examples: [
    { command: 'roadie shell boards', about: 'interactive' },
    { command: 'roadie shell boards < report.py', about: 'a script on standard input' },
  ],
  run: (context, input) => manage(context, input.arguments.site, ['shell']),
});
