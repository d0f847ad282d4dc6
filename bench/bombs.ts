import { parseArgs } from 'node:util';

import type { Bomb } from '../test/rig/bomb-project.ts';
import { BombedBox } from '../test/rig/bombed-box.ts';
import { percentile, steadyLoad } from '../test/rig/steady-load.ts';

/*
 * What a site's neighbour notices of a fork bomb, a memory bomb, 10,000 sockets and a disk bomb: its own p99 without and with them,
 * in one run. Before each bomb the quiet figure is taken anew.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    rate: { type: 'string', default: '40' },
    only: { type: 'string', multiple: true, default: [] },
  },
});
const seconds = Number(values.seconds);
const bombs = (['forks', 'memory', 'sockets', 'disk'] as const).filter(
  (bomb) => values.only.length === 0 || values.only.includes(bomb),
);

type Figures = {
  readonly p50: number;
  readonly p99: number;
  /** After the first two seconds. */
  readonly settled: number;
  readonly failures: number;
  readonly asked: number;
};

async function measure(bombed: BombedBox, during?: () => Promise<void>): Promise<Figures> {
  const end = new AbortController();
  const target = { port: bombed.box.ports.https, domain: bombed.domain(bombed.good), path: '/health/' };
  await during?.();
  const load = steadyLoad(target, { rate: Number(values.rate), until: end.signal });
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  end.abort();
  const { sorted, settled, failures } = await load;
  return {
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    settled: percentile(settled, 0.99),
    failures: failures.length,
    asked: sorted.length + failures.length,
  };
}

const bombed = await BombedBox.open('[limits]\nmemory_mb = 600\n');
try {
  process.stdout.write(
    'bomb      quiet p50  quiet p99   p50 under   p99 under  ratio  p99 after 2 s  ratio  failures\n',
  );
  await measure(bombed);
  for (const bomb of bombs) {
    const quiet = await measure(bombed);
    const hurt = await measure(bombed, () => bombed.light(bomb));
    const cell = (value: number): string => `${value.toFixed(1)} ms`.padStart(10);
    const cells = [quiet.p50, quiet.p99, hurt.p50, hurt.p99].map(cell);
    const ratio = (value: number): string => (value / quiet.p99).toFixed(2).padStart(6);
    process.stdout.write(
      `${bomb.padEnd(9)} ${cells.join('  ')} ${ratio(hurt.p99)}  ${cell(hurt.settled)} ${ratio(hurt.settled)}    ${hurt.failures} of ${hurt.asked}\n`,
    );
    await calm(bombed, bomb);
  }
  for (const text of await bombed.said()) process.stdout.write(`event: ${text}\n`);
} finally {
  await bombed.close();
}

/** Puts an end to what went off. */
async function calm({ box, bad }: BombedBox, bomb: Bomb): Promise<void> {
  await box.roadie(['stop', bad]);
  await box.roadie(['start', bad]);
  if (bomb === 'disk') await new Promise((resolve) => setTimeout(resolve, 1000));
}
