import type { JobResults } from '../../contract/results.ts';
import { isEmpty } from './plan.ts';
import type { Style } from './style.ts';
import { clockTime, count, day, harmless, table } from './text.ts';

type UpResult = JobResults['up'];

/** What `up` ends with: the URL, the certificate's state, what is special, and the next commands. */
export function upSummary(
  result: UpResult,
  style: Style,
  machine: { readonly endsAtReboot: boolean } = { endsAtReboot: false },
): string {
  const { site } = result;
  const unchanged = isEmpty(result.plan);
  const lines = [
    unchanged
      ? `Nothing to change: ${style.bold(site)} is live at ${style.green(result.url)}`
      : `${style.bold(site)} is live at ${style.green(result.url)}`,
    '',
  ];
  if (result.release !== null) lines.push(`  Release      ${harmless(result.release)}`);
  lines.push(`  Certificate  ${certificateText(result.certificate)}`);
  const { bake } = result;
  if (bake)
    lines.push(
      `  Watched      until ${clockTime(bake.until)}: where it does badly, ${harmless(bake.previous)} comes back by itself`,
    );
  if (result.overrides.length > 0) {
    const names = result.overrides.map((override) => override.setting).join(', ');
    lines.push(
      `  Settings     ${count(result.overrides.length, 'setting')} overridden from outside: ${names}`,
      `               (\`roadie plan ${site}\` gives the reasons)`,
    );
  }
  for (const note of result.notes) lines.push(`  ${style.yellow('Note')}         ${harmless(note)}`);
  const next = nextCommands(result, machine.endsAtReboot).map(([command, about]) => [`$ ${command}`, about]);
  lines.push(
    '',
    'Next:',
    ...table(next, { paint: (text, _row, column) => (column === 0 ? style.green(text) : style.dim(text)) }).map(
      (line) => `  ${line}`,
    ),
  );
  return `${lines.join('\n')}\n`;
}

function certificateText(certificate: UpResult['certificate']): string {
  if (certificate === null) return 'none yet';
  const trusted = certificate.trusted ? 'trusted by this system' : 'not trusted by this system yet: `roadie trust`';
  return `from ${harmless(certificate.issuer)}, until ${day(certificate.not_after)}, ${trusted}`;
}

function nextCommands(
  { site, certificate, bake }: UpResult,
  endsAtReboot: boolean,
): readonly (readonly [string, string])[] {
  return [
    ...(certificate?.trusted === false
      ? [['roadie trust', "no more warnings from this machine's programs"] as const]
      : []),
    ...(endsAtReboot
      ? [['roadie daemon install', 'systemd starts it at boot; until then a reboot ends it'] as const]
      : []),
    ['roadie status', bake ? 'what runs, and what becomes of the new release' : 'what runs, and how it does'],
    [`roadie logs ${site} -f`, 'what it says'],
    [`roadie run ${site} -- createsuperuser`, 'a management command in the live environment'],
    [`roadie check ${site}`, 'what could be better'],
  ];
}
