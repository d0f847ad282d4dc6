import { command } from '../command.ts';
import { untilInterrupted } from '../interrupt.ts';
import { eventLine } from '../views/events.ts';

/** `events`: what happened. */
export const events = command({
  name: 'events',
  group: 'Looking',
  about: 'Show what happened, and what happens',
  details: 'Times are those of this machine; in JSON they are UTC. With --json each line is one event.',
  arguments: {},
  options: {
    follow: { kind: 'flag', short: 'f', about: 'go on showing what happens, until Ctrl-C' },
    lines: { kind: 'number', short: 'n', value: 'N', about: 'how many past events to show first (default: 100)' },
    site: { kind: 'text', value: 'SITE', about: 'only those of one site', completes: 'site' },
  },
  examples: [
    { command: 'roadie events -f', about: 'as it happens' },
    {
      command: 'roadie events -n 1000 --json | jq \'select(.type == "service-changed" and .to == "failed")\'',
      about: 'which services failed',
    },
  ],
  run: async (context, { options: { follow, lines, site } }) => {
    const client = await context.client();
    return untilInterrupted(context, async (signal) => {
      for await (const event of client.events({ follow, lines, site, signal })) {
        context.emit(event);
        context.say(eventLine(event, context.style));
      }
    });
  },
});
