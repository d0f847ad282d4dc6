import { command } from '../command.ts';
import { authorityCertificates } from './ca.ts';
import { cureLine } from '../views/problems.ts';
import { harmless } from '../views/text.ts';

/** `trust`: adds the local authority to what this system trusts. */
export const trust = command({
  name: 'trust',
  group: 'This machine',
  about: 'Make this system trust the certificates of its sites',
  details:
    "Adds the local authorities' certificates to the system's trusted ones, and to Chromium's where it has a store. Each may\nsign for the names of this machine's sites and for no others (`roadie ca --help`). A site that gets a public name later has\nan authority of its own: run it again then. Other browsers and machines import what `roadie ca` prints.",
  arguments: {},
  options: { undo: { kind: 'flag', about: 'take it back' } },
  examples: [
    { command: 'sudo roadie trust', about: 'needs root' },
    { command: 'sudo roadie trust --undo', about: 'no longer' },
  ],
  run: async (context, { options: { undo } }) => {
    const certificates = await authorityCertificates(context);
    const { authority } = context.env;
    let changed = false;
    const lines = new Set<string>();
    for (const { pem, anyName } of certificates) {
      const report = await (undo ? authority.distrust(pem) : authority.trust(pem));
      changed ||= report.changed;
      for (const line of [...report.advice, ...(anyName && !undo ? unlimited : [])]) lines.add(line);
    }
    const advice = [...lines];
    context.emit({ changed, advice });
    context.say(sentence(undo, changed));
    for (const line of advice) context.say(`  ${cureLine(harmless(line), context.style)}`);
    return 0;
  },
});

/** Nobody's trust is taken away from one day to the next: who wants limits asks for them. */
const unlimited = [
  'The authority of this machine is from before there were limits, so it may sign for every name. For one with limits:',
  '$ roadie trust --undo',
  'then move `authority` in the folder `edge` away, run `roadie up` for each site and `roadie trust` again.',
];

function sentence(undo: boolean, changed: boolean): string {
  if (undo)
    return changed
      ? 'This system no longer trusts the certificates of its sites.'
      : 'Nothing to change: this system does not trust the certificates of its sites.';
  return changed
    ? 'This system now trusts the certificates of its sites.'
    : 'Nothing to change: this system trusts the certificates of its sites already.';
}
