import { rm } from 'node:fs/promises';
import { connect } from 'node:tls';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type Releases, releasesSchema } from '../../src/contract/releases.ts';
import { Box, requireRoot } from '../rig/box.ts';
import { TinyProject } from '../rig/tiny-project.ts';

const soon = { timeout: 90_000, interval: 200 };

/** Sends bytes to the edge over TLS, as a client does that minds no rules; resolves with the status of the answer. */
function raw(box: Box, domain: string, bytes: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: box.ports.https, servername: domain, rejectUnauthorized: false });
    let text = '';
    socket.on('data', (data: Buffer) => (text += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)));
    socket.on('secureConnect', () => socket.write(bytes));
  });
}

/** What visitors can do to the watch over a new release, and what a new release does to itself. */
describe('the watch over a new release', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;
  let domain: string;

  const releases = async (): Promise<Releases> =>
    releasesSchema.parse(JSON.parse((await box.roadie(['releases', site, '--json'])).stdout));
  const live = async (): Promise<string | null> => (await releases()).live;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    project = await TinyProject.make('first');
    await project.write({ 'roadie.toml': '[health]\npath = "/health/"\n\n[bake]\nseconds = 15\n' });
    site = box.name('bake');
    domain = `${site}.localhost`;
    const ran = await box.up(project.folder, site, '--yes');
    if (ran.code !== 0) throw new Error(ran.all);
  });

  afterAll(async () => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  });

  test('is not moved by a visitor whose requests NGINX refuses by itself', async () => {
    for (let count = 0; count < 5; count += 1) await box.get(domain, '/');
    await project.say('second');
    expect((await box.roadie(['deploy', site])).code).toBe(0);
    const { live: second } = await releases();
    for (let count = 0; count < 12; count += 1) {
      const request = `POST / HTTP/1.1\r\nHost: ${domain}:${box.ports.https}\r\nTransfer-Encoding: xchunked\r\nConnection: close\r\n\r\n`;
      expect(await raw(box, domain, request)).toBe(501);
    }
    await expect.poll(async () => (await releases()).bake, soon).toBeNull();
    expect(await live()).toBe(second);
    expect((await releases()).held).toBeNull();
  });
});
