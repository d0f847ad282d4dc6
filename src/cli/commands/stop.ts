import { changeServices, servicesArguments } from '../change-services.ts';
import { command } from '../command.ts';

/** `stop`: stop a site or one service of it. */
export const stop = command({
  name: 'stop',
  group: 'Sites',
  about: 'Stop a site or one service of it',
  details: 'It stays down, after a reboot too, until it is started again. Its data stays.',
  arguments: servicesArguments,
  options: {},
  examples: [
    { command: 'roadie stop boards', about: 'the whole site' },
    { command: 'roadie stop boards worker', about: 'one service, the rest goes on' },
  ],
  run: (context, { arguments: { site, service } }) => changeServices(context, 'stop', site, service),
});
