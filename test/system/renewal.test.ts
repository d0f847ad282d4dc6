import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { readCertificate } from '../../src/certificates/certificate.ts';
import { certificatePaths } from '../../src/certificates/ensure.ts';
import { LocalAuthority } from '../../src/certificates/local-authority.ts';
import type { ScheduledTask } from '../../src/contract/status.ts';
import { readText, writeAtomically } from '../../src/machine/files/files.ts';
import { StateFile } from '../../src/machine/files/state-file.ts';
import { layout, scheduleState } from '../../src/machine/layout.ts';
import { servedCertificate } from '../../src/machine/network/served-certificate.ts';
import type { Box } from '../rig/box.ts';
import { type LiveTiny, liveTiny } from '../rig/live-tiny.ts';
import { statusOf } from '../rig/refused.ts';
import { steadyLoad } from '../rig/steady-load.ts';

const day = 86_400_000;

describe('the certificate of a site that nobody touches', { sequential: true }, () => {
  let live: LiveTiny;
  let box: Box;
  let site: string;
  let domain: string;

  beforeAll(async () => {
    live = await liveTiny('hello');
    ({ box, site, domain } = live);
  });

  afterAll(() => live.close());

  const places = () => layout(join(box.folder, 'base'), join(box.folder, 'run'));
  const served = async () => readCertificate(await servedCertificate(domain, box.ports.https));
  const kept = async () => readCertificate(await readText(certificatePaths(places().edge, site).chain));
  const schedule = async (): Promise<readonly ScheduledTask[]> => (await statusOf(box)).daemon.schedule;
  const task = async (): Promise<ScheduledTask | undefined> =>
    (await schedule()).find((row) => row.task === 'certificate' && row.site === site);

  /** Puts a certificate on the disk that was issued so many days ago, as if it had become that old, and has the next look come soon. */
  async function age(days: number): Promise<void> {
    const paths = certificatePaths(places().edge, site);
    const subject = { site, domains: [domain] };
    const authority = await LocalAuthority.open(places().edge, subject, new Date());
    const key = await readText(paths.key);
    if (key === undefined) throw new Error('there is no key');
    const old = await authority.issue(key, [domain], new Date(Date.now() - days * day));
    await box.roadie(['daemon', 'stop']);
    await writeAtomically(paths.chain, old, { mode: 0o644 });
    const planned = { next: Date.now() + 4000, last: Date.now() - day, failures: 0, result: '' };
    await new StateFile<unknown>(scheduleState(places().state)).write({ [`certificate/${site}`]: planned });
    await box.roadie(['daemon', 'start']);
  }

  test('is looked at by the daemon, as `daemon status` shows', async () => {
    expect(await task()).toMatchObject({ every_seconds: 43_200 });
    const shown = await box.roadie(['daemon', 'status']);
    expect(shown.stdout).toMatch(new RegExp(`^certificate +${site} +(in|now)`, 'm'));
    expect(shown.stdout).toMatch(/^prune +- +in/m);
  });

  test('is renewed when two thirds of its time are over, and served, with no request lost', async () => {
    const before = await served();
    const end = new AbortController();
    const load = steadyLoad({ port: box.ports.https, domain, path: '/' }, { rate: 20, until: end.signal });
    await age(390);
    const aged = await kept();
    const renewed = {
      outcome: 'done',
      state: 'waits',
      result: expect.stringMatching(/^renewed, valid until /) as unknown,
    };
    await vi.waitFor(async () => expect(await task()).toMatchObject(renewed), { timeout: 120_000, interval: 500 });
    end.abort();
    expect((await load).failures).toEqual([]);
    const now = await served();
    expect(now?.serial).toBe((await kept())?.serial);
    expect([before?.serial, aged?.serial]).not.toContain(now?.serial);
    expect(now?.notAfter.getTime()).toBeGreaterThan(Date.now() + 300 * day);
    const told = (await box.roadie(['events', '-n', '50'])).stdout;
    expect(told).toContain('The certificate is renewed until');
  });

  test('is handed to the edge where an operation was killed before that', async () => {
    const before = await served();
    await age(1);
    const wanted = await kept();
    expect(wanted?.serial).not.toBe(before?.serial);
    await vi.waitFor(async () => expect((await served())?.serial).toBe(wanted?.serial), {
      timeout: 120_000,
      interval: 200,
    });
    expect(await kept()).toEqual(wanted);
  });
});
