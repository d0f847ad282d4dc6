import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { certificatePaths, ensureCertificate } from '../../src/certificates/ensure.ts';
import { authorityPaths, LocalAuthority } from '../../src/certificates/local-authority.ts';
import { newKey, signLeaf } from '../../src/certificates/signing.ts';
import { exists, readText } from '../../src/machine/files/files.ts';
import { installPackages } from '../../src/machine/packages/packages.ts';
import { run } from '../../src/machine/processes/run.ts';
import { isRoot } from '../../src/machine/system.ts';
import { distrustAuthority, isTrusted, trustAuthority, trustedPath } from '../../src/machine/trust.ts';

const boards = { site: 'boards', domains: ['boards.localhost'] } as const;
let edge: string;
let authority: string;

beforeAll(async () => {
  if (isRoot())
    await installPackages(['ca-certificates', 'libnss3-tools', 'openssl'], {
      journal: join(await mkdtemp(join(tmpdir(), 'roadie-packages-')), 'journal.json'),
    });
  edge = await mkdtemp(join(tmpdir(), 'roadie-trust-'));
  await ensureCertificate({ layout: { edge }, ...boards, now: new Date() });
  authority = (await LocalAuthority.readCertificate(edge, boards)) ?? '';
});
afterAll(async () => {
  if (isRoot()) await distrustAuthority(authority);
  await rm(edge, { recursive: true });
});

/** Whether OpenSSL, with what this system trusts, accepts the site's certificate. */
async function accepted(): Promise<boolean> {
  return (
    (
      await run([
        'openssl',
        'verify',
        '-CApath',
        '/etc/ssl/certs',
        '-verify_hostname',
        'boards.localhost',
        certificatePaths(edge, 'boards').chain,
      ])
    ).code === 0
  );
}

// Only root can change what a system trusts; the other half of the promise is the test below.
describe.runIf(isRoot())('the trust of this system', () => {
  it('is given to the local authority, once, and taken back without a trace', async () => {
    expect(await accepted()).toBe(false);
    expect(await trustAuthority(authority)).toMatchObject({ changed: true });
    expect(await isTrusted(authority)).toBe(true);
    expect(await accepted()).toBe(true);
    expect(await trustAuthority(authority)).toMatchObject({ changed: false });
    expect(await distrustAuthority(authority)).toMatchObject({ changed: true });
    expect(await isTrusted(authority)).toBe(false);
    expect(await accepted()).toBe(false);
    expect(await exists(trustedPath(authority))).toBe(false);
    expect(await readdir('/etc/ssl/certs')).not.toContain(basename(trustedPath(authority)).replace('.crt', '.pem'));
    expect(await distrustAuthority(authority)).toMatchObject({ changed: false });
  });

  it("reaches Chromium's store of a user, where there is one", async () => {
    const home = await mkdtemp(join(tmpdir(), 'roadie-home-'));
    const store = join(home, '.pki/nssdb');
    await run(['mkdir', '-p', store]);
    expect(await run(['certutil', '-d', `sql:${store}`, '-N', '--empty-password'])).toMatchObject({ code: 0 });
    const listed = async () => (await run(['certutil', '-d', `sql:${store}`, '-L'])).stdout;
    await trustAuthority(authority, { home });
    expect(await listed()).toMatch(/Roadie [0-9a-f]{12}\s+C,,/);
    // NSS, which Firefox and Chromium's store are, believes it for the site and for nobody else, whoever has its key.
    const { key } = authorityPaths(edge);
    const forged = await signLeaf(
      { certificate: authority, key: (await readText(key)) ?? '' },
      await newKey(),
      ['google.com'],
      new Date(),
    );
    const verdicts = [];
    for (const [name, pem] of [
      ['site', (await readText(certificatePaths(edge, 'boards').chain)) ?? ''],
      ['forged', forged],
    ] as const) {
      const database = ['certutil', '-d', `sql:${store}`] as const;
      await run([...database, '-A', '-a', '-t', ',,', '-n', name], { input: pem });
      verdicts.push((await run([...database, '-V', '-u', 'V', '-n', name])).code === 0);
    }
    expect(verdicts).toEqual([true, false]);
    await distrustAuthority(authority, { home });
    expect(await listed()).not.toContain('Roadie');
    await rm(home, { recursive: true });
  });
});

describe.runIf(!isRoot())('without root', () => {
  it('says that root is needed', async () => {
    await expect(trustAuthority(authority)).rejects.toMatchObject({ problems: [{ code: 'root-needed' }] });
  });
});
