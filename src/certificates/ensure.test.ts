import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { run } from '../machine/processes/run.ts';
import { readCertificate } from './certificate.ts';
import { certificatePaths, ensureCertificate, inspectCertificate } from './ensure.ts';
import { authorityPaths } from './local-authority.ts';

const now = new Date();
const dayLater = (days: number) => new Date(now.getTime() + days * 86_400_000);
let edge: string;

beforeEach(async () => {
  edge = await mkdtemp(join(tmpdir(), 'roadie-certificates-'));
});
afterEach(() => rm(edge, { recursive: true, force: true }));

function ensure(domains: readonly [string, ...string[]] = ['boards.localhost'], at: Date = now) {
  return ensureCertificate({ layout: { edge }, site: 'boards', domains, now: at, host: 'shop' });
}

describe('ensureCertificate', () => {
  it('makes an authority and a certificate that OpenSSL accepts as a server of that name', async () => {
    const made = await ensure(['boards.localhost', 'Forum.example']);
    expect(made).toMatchObject({ changed: true, issuer: 'Roadie local authority (shop)' });
    const { chain } = certificatePaths(edge, 'boards');
    const verify = (name: string) =>
      run([
        'openssl',
        'verify',
        '-x509_strict',
        '-purpose',
        'sslserver',
        '-verify_hostname',
        name,
        '-CAfile',
        authorityPaths(edge).certificate,
        chain,
      ]);
    expect(await verify('forum.example')).toMatchObject({ code: 0 });
    expect((await verify('other.example')).code).not.toBe(0);
  });

  it('keeps both private keys to their owner', async () => {
    await ensure();
    for (const key of [certificatePaths(edge, 'boards').key, authorityPaths(edge).key])
      expect(((await stat(key)).mode & 0o777).toString(8)).toBe('600');
  });

  it('is valid for at most 397 days, and its authority for ten years', async () => {
    const { notAfter } = await ensure();
    const leaf = readCertificate(await readFile(certificatePaths(edge, 'boards').chain, 'utf8'));
    expect((notAfter.getTime() - (leaf?.notBefore.getTime() ?? 0)) / 86_400_000).toBeLessThanOrEqual(397);
    const root = new X509Certificate(await readFile(authorityPaths(edge).certificate));
    expect(root.ca).toBe(true);
    expect(Date.parse(root.validTo)).toBeGreaterThan(dayLater(3600).getTime());
  });

  it('changes nothing when it is asked again', async () => {
    await ensure();
    const before = await readFile(certificatePaths(edge, 'boards').chain);
    expect(
      await inspectCertificate({ layout: { edge }, site: 'boards', domains: ['boards.localhost'], now }),
    ).toMatchObject({ needed: false });
    expect(await ensure()).toMatchObject({ changed: false });
    expect(await readFile(certificatePaths(edge, 'boards').chain)).toStrictEqual(before);
  });

  it('renews with the same key when a third of the lifetime is left', async () => {
    await ensure();
    const paths = certificatePaths(edge, 'boards');
    const [key, chain] = [await readFile(paths.key, 'utf8'), await readFile(paths.chain, 'utf8')];
    expect(await ensure(['boards.localhost'], dayLater(260))).toMatchObject({ changed: false });
    expect(await ensure(['boards.localhost'], dayLater(270))).toMatchObject({ changed: true });
    expect(await readFile(paths.key, 'utf8')).toBe(key);
    expect(await readFile(paths.chain, 'utf8')).not.toBe(chain);
  });

  it('issues anew for other domains', async () => {
    await ensure();
    expect(await ensure(['boards.localhost', 'forum.example'])).toMatchObject({
      changed: true,
      because: 'it does not name forum.example',
    });
    expect(readCertificate(await readFile(certificatePaths(edge, 'boards').chain, 'utf8'))?.domains).toStrictEqual([
      'boards.localhost',
      'forum.example',
    ]);
  });

  it.each(['key', 'chain'] as const)('fixes a site whose %s is damaged', async (file) => {
    await ensure();
    const paths = certificatePaths(edge, 'boards');
    await writeFile(paths[file], 'no longer PEM');
    expect(await ensure()).toMatchObject({ changed: true });
    const certificate = new X509Certificate(await readFile(paths.chain));
    const { createPrivateKey } = await import('node:crypto');
    expect(certificate.checkPrivateKey(createPrivateKey(await readFile(paths.key)))).toBe(true);
  });

  it('goes on where a kill left the authority a key and no certificate', async () => {
    await ensure();
    const key = await readFile(authorityPaths(edge).key, 'utf8');
    await rm(authorityPaths(edge).certificate);
    expect(await ensure()).toMatchObject({ changed: false });
    expect(await readFile(authorityPaths(edge).key, 'utf8')).toBe(key);
  });

  it("makes no second authority where the first one's key is lost", async () => {
    await ensure();
    await rm(authorityPaths(edge).key);
    await expect(ensure()).rejects.toMatchObject({
      problems: [{ code: 'restore-needed', where: { file: authorityPaths(edge).key } }],
    });
  });
});
