import { command } from '../command.ts';
import { statusView } from '../views/status.ts';

/** `status`: all sites with their services. */
export const status = command({
  name: 'status',
  group: 'Looking',
  about: 'Show all sites and how their services do',
  details:
    'FOR is how long the service has been in its state. Memory and processor time are those of all its processes;\n100 % is one core. The daemon is started where it does not run.',
  arguments: {},
  options: {},
  examples: [
    { command: 'roadie status', about: 'for people' },
    { command: "roadie status --json | jq '.sites[] | {name, state}'", about: 'for programs' },
  ],
  run: async ({ client, emit, say, style, env }) => {
    const found = await (await client()).status();
    emit(found);
    say(statusView(found, style, env.now()));
    return 0;
  },
});
