import { createHash, X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { run } from '../machine/processes/run.ts';
import { certificatePaths, ensureCertificate } from './ensure.ts';
import { authorityPaths, LocalAuthority, siteAuthorities } from './local-authority.ts';
import { isPrivateName, maySignAnything, permittedFor } from './name-constraints.ts';
import { newKey, signLeaf } from './signing.ts';

const now = new Date();
let edge: string;

beforeEach(async () => {
  edge = await mkdtemp(join(tmpdir(), 'roadie-constraints-'));
});
afterEach(() => rm(edge, { recursive: true, force: true }));

type Domains = readonly [string, ...string[]];

const ensure = (site: string, domains: Domains) =>
  ensureCertificate({ layout: { edge }, site, domains, now, host: 'shop' });
const authorityOf = async (site: string, domains: Domains): Promise<string> =>
  (await LocalAuthority.readCertificate(edge, { site, domains })) ?? '';

/** OpenSSL's word about a certificate for a name: 'OK', or what is wrong. */
async function verdict(root: string, chain: string, name: string): Promise<string> {
  const at = async (content: string): Promise<string> => {
    const path = join(edge, `${createHash('sha256').update(content).digest('hex')}.pem`);
    await writeFile(path, content);
    return path;
  };
  const how = isAddress(name) ? '-verify_ip' : '-verify_hostname';
  const files = ['-CAfile', await at(root), await at(chain)];
  const ran = await run(['openssl', 'verify', '-x509_strict', '-purpose', 'sslserver', how, name, ...files]);
  return ran.code === 0 ? 'OK' : (/^error \d+ at .*: (.*)$/m.exec(ran.stderr)?.[1] ?? ran.stderr);
}

const isAddress = (name: string): boolean => /^[\d.]+$/.test(name) || name.includes(':');

/** What somebody could sign who has taken an authority's key. */
async function forged(root: string, keyPath: string, name: string): Promise<string> {
  return signLeaf({ certificate: root, key: await readFile(keyPath, 'utf8') }, await newKey(), [name], now);
}

describe('private names', () => {
  it.each(['boards.localhost', 'localhost', 'Forum.TEST', 'nas.home.arpa', 'a.b.internal'])('%s is one', (name) =>
    expect(isPrivateName(name)).toBe(true),
  );
  it.each(['example.org', 'notlocalhost', 'localhost.example.org', 'arpa', 'home', 'nas.lan'])('%s is none', (name) =>
    expect(isPrivateName(name)).toBe(false),
  );
  it('are permitted together where all are private, else each for itself', () => {
    expect(permittedFor(['b.localhost', 'a.test'])).toContain('home.arpa');
    expect(permittedFor(['www.Example.org', 'example.org', 'a.test'])).toEqual([
      'a.test',
      'example.org',
      'www.example.org',
    ]);
  });
});

describe("the machine's authority", () => {
  it('may sign for private names', async () => {
    await ensure('boards', ['boards.localhost', 'boards.home.arpa']);
    const root = await authorityOf('boards', ['boards.localhost']);
    const chain = await readFile(certificatePaths(edge, 'boards').chain, 'utf8');
    for (const name of ['boards.localhost', 'boards.home.arpa']) expect(await verdict(root, chain, name)).toBe('OK');
    expect(new X509Certificate(root).subject).toContain('Roadie local authority (shop)');
  });

  it.each(['google.com', 'localhost.google.com', '*.example.org', '192.0.2.1', '2001:db8::1'])(
    'is believed by nobody who has its key and signs for %s',
    async (name) => {
      await ensure('boards', ['boards.localhost']);
      const root = await authorityOf('boards', ['boards.localhost']);
      const chain = await forged(root, authorityPaths(edge).key, name);
      expect(await verdict(root, chain, name.replace('*', 'www'))).toMatch(
        /^(?:permitted|excluded) subtree violation$/,
      );
    },
  );

  it('is no authority for anything but servers', async () => {
    await ensure('boards', ['boards.localhost']);
    const root = await authorityOf('boards', ['boards.localhost']);
    const files = ['-CAfile', authorityPaths(edge).certificate, certificatePaths(edge, 'boards').chain];
    expect((await run(['openssl', 'verify', '-purpose', 'smimesign', ...files])).code).not.toBe(0);
    expect(maySignAnything(root)).toBe(false);
  });
});

describe('the authority of a site with a public name', () => {
  const names: Domains = ['shop.example.org', 'shop.localhost'];

  it("may sign for the site's names, and for no others", async () => {
    await ensure('shop', names);
    const root = await authorityOf('shop', names);
    const chain = await readFile(certificatePaths(edge, 'shop').chain, 'utf8');
    for (const name of names) expect(await verdict(root, chain, name)).toBe('OK');
    const folder = siteAuthorities(edge, 'shop');
    const key = join(folder, (await readdir(folder))[0] ?? '', 'root.key');
    for (const name of ['example.org', 'other.example.org', 'other.localhost'])
      expect([name, await verdict(root, await forged(root, key, name), name)]).toEqual([
        name,
        'permitted subtree violation',
      ]);
  });

  it('is made anew for other names, and the one before goes; the machine has one for all others', async () => {
    await ensure('boards', ['boards.localhost']);
    await ensure('shop', names);
    expect(await LocalAuthority.readAll(edge)).toHaveLength(2);
    expect(await ensure('shop', names)).toMatchObject({ changed: false });
    const before = await authorityOf('shop', names);
    expect(await ensure('shop', ['www.example.org'])).toMatchObject({ changed: true });
    expect(await authorityOf('shop', ['www.example.org'])).not.toBe(before);
    expect(await LocalAuthority.readAll(edge)).toHaveLength(2);
    await ensure('shop', ['shop.test']);
    expect(await LocalAuthority.readAll(edge)).toHaveLength(1);
  });

  it('keeps its certificate where its own is lost and its key is not, and says so where it is the other way', async () => {
    await ensure('shop', names);
    const folder = siteAuthorities(edge, 'shop');
    const paths = join(folder, (await readdir(folder))[0] ?? '');
    await rm(join(paths, 'root.pem'));
    await ensure('shop', names);
    await rm(join(paths, 'root.key'));
    await expect(ensure('shop', names)).rejects.toMatchObject({ problems: [{ code: 'restore-needed' }] });
  });
});

describe('an authority from before there were limits', () => {
  it('goes on signing for all names: nobody who trusts it finds another one day', async () => {
    const paths = authorityPaths(edge);
    await mkdir(dirname(paths.key), { recursive: true });
    const subject = ['-subj', '/CN=Roadie local authority (old)/O=Roadie', '-days', '3650'];
    const usage = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
    const made = await run([
      'openssl',
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      ...subject,
      ...usage,
      '-keyout',
      paths.key,
      '-out',
      paths.certificate,
    ]);
    expect(made).toMatchObject({ code: 0 });
    const before = await readFile(paths.certificate, 'utf8');
    expect(maySignAnything(before)).toBe(true);
    for (const [site, domains] of [
      ['shop', ['shop.example.org']],
      ['boards', ['boards.localhost']],
    ] as const) {
      expect(await ensure(site, domains)).toMatchObject({ issuer: 'Roadie local authority (old)' });
      expect(await authorityOf(site, domains)).toBe(before);
    }
    expect(await LocalAuthority.readAll(edge)).toEqual([before]);
  });
});
