import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { diskSpace } from '../../src/machine/files/disk.ts';
import { requireRoot } from '../rig/box.ts';
import { BombedBox } from '../rig/bombed-box.ts';
import { percentile, steadyLoad } from '../rig/steady-load.ts';

/**
 * What goes off in a site stays in it: the neighbour answers, the daemon is well, and the site itself is back with a word about why.
 * How much slower the neighbour gets is measured by `npm run bench -- bombs`; machines that run tests are too noisy to say so.
 */
describe('a site that goes off', { sequential: true }, () => {
  let bombed: BombedBox;

  beforeAll(async () => {
    requireRoot();
    bombed = await BombedBox.open('[limits]\nprocesses = 150\nmemory_mb = 400\nopen_files = 4096\n');
  });

  afterAll(() => bombed.close());

  /** Asks the neighbour all the while, from before the bomb until its word has come. */
  async function explode(
    bomb: Parameters<BombedBox['light']>[0],
    word: RegExp | undefined,
    seconds = 3,
  ): Promise<void> {
    const { box } = bombed;
    const end = new AbortController();
    const target = { port: box.ports.https, domain: bombed.domain(bombed.good), path: '/health/' };
    const load = steadyLoad(target, { rate: 10, until: end.signal });
    try {
      const before = (await bombed.said()).length;
      await bombed.light(bomb);
      if (word) for (;;) if ((await bombed.said()).slice(before).some((text) => word.test(text))) break;
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    } finally {
      end.abort();
    }
    const { sorted, failures } = await load;
    expect(failures).toEqual([]);
    expect(sorted.length).toBeGreaterThan(10);
    // No claim about speed: only that nobody was kept waiting for good.
    expect(percentile(sorted, 0.99)).toBeLessThan(20_000);
    const status = await box.roadie(['status', '--json']);
    expect(status.code).toBe(0);
  }

  /** It is back by itself: a visitor is answered. */
  async function back(): Promise<void> {
    let body: string | undefined;
    while (body !== 'hello') body = (await bombed.box.get(bombed.domain(bombed.bad), '/').catch(() => undefined))?.body;
  }

  test('with forks has as many processes as it may, is ended with all of them, and is back', async () => {
    await explode('forks', /had \d+ processes and left no room for others: it was ended with all of them/);
    await back();
    expect((await bombed.said()).some((text) => /has as many processes as it may \(150\)/.test(text))).toBe(true);
  });

  test('with memory loses the process that took it, and is back', async () => {
    await explode('memory', /has reached its limit of memory \(400 MB together/);
    await back();
    expect(await bombed.box.get(bombed.domain(bombed.good), '/')).toMatchObject({ status: 200 });
  });

  test('with 10,000 sockets gets no more than it may, and is there', async () => {
    await explode('sockets', undefined, 8);
    await back();
    expect((await bombed.box.roadie(['restart', bombed.bad, 'web'])).code).toBe(0);
  });

  test('on the disk is ended and started again before the disk is full, and stopped when it does it again', async () => {
    await explode('disk', /has just written \d+ MB: its programs are ended and started again/);
    await back();
    await explode('disk', /again: its programs are stopped, its data services go on/);
    const { freeBytes } = await diskSpace(join(bombed.box.folder, 'base'));
    expect(freeBytes).toBeGreaterThan(0);
  });
});
