import { command } from '../command.ts';
import { authorityCertificate } from './ca.ts';
import { cureLine } from '../views/problems.ts';
import { harmless } from '../views/text.ts';

/** `trust`: adds the local authority to what this system trusts. */
export const trust = command({
  name: 'trust',
  group: 'This machine',
  about: 'Make this system trust the certificates of its sites',
  details:
    "Adds the local authority's certificate to the system's trusted ones, and to Chromium's where it has a store.\nOther browsers and machines import the file that `roadie ca` prints.",
  arguments: {},
  options: { undo: { kind: 'flag', about: 'take it back' } },
  examples: [
    { command: 'sudo roadie trust', about: 'needs root' },
    { command: 'sudo roadie trust --undo', about: 'no longer' },
  ],
  run: async (context, { options: { undo } }) => {
    const certificate = await authorityCertificate(context);
    const { changed, advice } = await (undo
      ? context.env.authority.distrust(certificate)
      : context.env.authority.trust(certificate));
    context.emit({ changed, advice });
    context.say(sentence(undo, changed));
    for (const line of advice) context.say(`  ${cureLine(harmless(line), context.style)}`);
    return 0;
  },
});

function sentence(undo: boolean, changed: boolean): string {
  if (undo)
    return changed
      ? 'This system no longer trusts the certificates of its sites.'
      : 'Nothing to change: this system does not trust the certificates of its sites.';
  return changed
    ? 'This system now trusts the certificates of its sites.'
    : 'Nothing to change: this system trusts the certificates of its sites already.';
}
