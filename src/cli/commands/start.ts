import { changeServices, servicesArguments } from '../change-services.ts';
import { command } from '../command.ts';

/** `start`: start a site or one service of it. */
export const start = command({
  name: 'start',
  group: 'Sites',
  about: 'Start a site or one service of it',
  details: 'Ends when all that was started is ready. What runs already goes on.',
  arguments: servicesArguments,
  options: {},
  examples: [
    { command: 'roadie start boards', about: 'a site that was stopped' },
    { command: 'roadie start boards worker', about: 'one service' },
  ],
  run: (context, { arguments: { site, service } }) => changeServices(context, 'start', site, service),
});
