import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { requireRoot, runCommand } from '../test/rig/box.ts';
import { areas, type Choice } from './attacks/areas.ts';
import type { Attack, Outcome } from './attacks/attack.ts';
import { areaPart, type Result, withCount, withPart } from './attacks/report.ts';
import { World } from './attacks/world.ts';
import { machine } from './faults/report.ts';

/*
 * Attacks Roadie as a visitor, a committer, a site that was broken into and a local user would, on a test installation of its own,
 * and writes what came of each into docs/security.md. Exit code 1 where something did not hold.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    attack: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '50' },
    write: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});
const choice: Choice = { rounds: Number(values.rounds) };
const all = areas(choice);
const known = all.map(({ id }) => id);
const unknown = values.only.filter((id) => !known.includes(id));
if (unknown.length > 0 || !(choice.rounds >= 1)) {
  process.stderr.write(`--only takes one of: ${known.join(', ')}; --rounds a number from 1\n`);
  process.exit(2);
}
const chosen = all.filter(({ id }) => values.only.length === 0 || values.only.includes(id));
const wanted = ({ name }: Attack): boolean =>
  values.attack.length === 0 || values.attack.some((word) => name.includes(word));

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

if (values.list) {
  for (const { id, title, attacks } of chosen) {
    process.stdout.write(`${id}: ${title}\n`);
    for (const { name, who } of attacks) process.stdout.write(`  ${name} (${who})\n`);
  }
  process.exit(0);
}

/** One attack. What it throws is told and counts as not held: whoever cannot be shown to hold does not. */
async function attempt(attack: Attack, world: World): Promise<Outcome> {
  try {
    return await attack.run(world);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return { held: false, saw: `the attack could not be brought to its end: ${words.trim().slice(-400)}` };
  }
}

requireRoot();
// Ctrl-C ends it after the attack that goes on, and takes everything away.
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    say(`${signal}: it ends after this attack`);
    stopping.abort();
  });

const commit = await runCommand(['/usr/bin/git', 'rev-parse', '--short', 'HEAD'], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
});
const when = `${new Date().toISOString().slice(0, 10)}, ${commit.stdout.trim()}, ${machine()}`;
const page = fileURLToPath(new URL('../docs/security.md', import.meta.url));
const results: Result[] = [];
const began = performance.now();
const world = await World.open(say);
try {
  for (const area of chosen) {
    const own: Result[] = [];
    for (const attack of area.attacks.filter(wanted)) {
      if (stopping.signal.aborted) break;
      const start = performance.now();
      const outcome = await attempt(attack, world);
      own.push({ attack, outcome });
      const word =
        'notRun' in outcome ? `not run: ${outcome.notRun}` : `${outcome.held ? 'held' : 'NOT HELD'}: ${outcome.saw}`;
      say(`${area.id}: ${attack.name}: ${word} (${((performance.now() - start) / 1000).toFixed(0)} s)`);
    }
    await area.after?.(world);
    results.push(...own);
    if (values.write && values.attack.length === 0 && !stopping.signal.aborted) {
      const text = await readFile(page, 'utf8');
      await writeFile(page, withCount(withPart(text, area.id, areaPart(area, own, when), known)));
    }
  }
} finally {
  say('taking everything away');
  await world.close();
}
const lost = results.filter(({ outcome }) => 'held' in outcome && !outcome.held);
const skipped = results.filter(({ outcome }) => 'notRun' in outcome);
process.stdout.write(
  `${results.length} attacks: ${results.length - lost.length - skipped.length} held, ${lost.length} did not, ${skipped.length} were not run (${((performance.now() - began) / 60_000).toFixed(1)} minutes)\n`,
);
for (const { attack } of lost) process.stdout.write(`NOT HELD  ${attack.name} (${attack.who}): ${attack.promise}\n`);
process.exitCode = lost.length > 0 ? 1 : 0;
