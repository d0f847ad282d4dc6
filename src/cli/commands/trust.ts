import { command } from '../command.ts';
import { harmless } from '../views/text.ts';

/** `trust`: adds the local authority to what this system trusts. */
export const trust = command({
  name: 'trust',
  group: 'This machine',
  about: 'Make this system trust the certificates of its sites',
  details: "Adds the local authority's certificate to the system's trusted ones. Browsers with a store of their own may need\nthe file that `roadie ca` prints.",
  arguments: {},
  options: {},
  examples: [{ command: 'sudo roadie trust', about: 'needs root' }],
  run: async (context) => {
    const outcome = await context.env.authority.trust();
    context.emit(outcome);
    context.say(`${outcome.changed ? 'This system now trusts' : 'This system trusts already'} the certificates of its sites.`);
    for (const place of outcome.places) context.say(`  ${harmless(place)}`);
    for (const note of outcome.notes) context.say(`  ${context.style.yellow('note')} ${harmless(note)}`);
    return 0;
  },
});
