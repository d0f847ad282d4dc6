import { changeServices, servicesArguments } from '../change-services.ts';
import { command } from '../command.ts';

/** `restart`: restart a site or one service of it. */
export const restart = command({
  name: 'restart',
  group: 'Sites',
  about: 'Restart a site or one service of it',
  details: 'The web server is replaced without refusing a request: the new process answers before the old one ends.',
  arguments: servicesArguments,
  options: {},
  examples: [
    { command: 'roadie restart boards', about: 'all services of a site' },
    { command: 'roadie restart boards web', about: 'one service' },
  ],
  run: (context, { arguments: { site, service } }) => changeServices(context, 'restart', site, service),
});
