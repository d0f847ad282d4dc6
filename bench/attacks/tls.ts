import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { runCommand } from '../../test/rig/box.ts';
import { type Area, type Attack, outcome } from './attack.ts';

type Finding = { readonly id: string; readonly severity: string; readonly finding: string };

/**
 * What testssl.sh says of every server that has a certificate of its machine's own authority, on a port of its own, or an application
 * that answers as it likes: named here with the reason, and told in the table.
 */
const known: Readonly<Record<string, string>> = {
  cert_trust: 'the local authority, and a port besides 443',
  cert_chain_of_trust: 'the local authority is in no browser',
  cert_extlifeSpan: 'the local authority chooses its own lifetimes',
  cert_notAfter: 'the local authority renews in time',
  cert_expirationStatus: 'the local authority renews in time',
  cert_revocation: 'a local authority has no revocation service',
  cert_crlDistributionPoints: 'a local authority has no revocation service',
  cert_ocspURL: 'a local authority has no revocation service',
  OCSP_stapling: 'a local authority has no revocation service',
  DNS_CAArecord: 'a .localhost name has no DNS',
  certificate_transparency: 'a local authority is in no public log',
  BREACH: 'needs a secret beside what the visitor sent in one compressed page: Django masks its tokens',
  cipher_order:
    'all ciphers that are offered are strong, and the client knows which is fast for it: Mozilla’s intermediate profile',
  HSTS: 'on an address that is not 443',
  security_headers: 'Django’s to choose',
};

const scan: Attack = {
  name: 'testssl.sh',
  who: 'visitor',
  how: 'Debian’s testssl.sh: protocols, ciphers, forward secrecy, certificate, and all vulnerabilities that it knows',
  promise: 'nothing above LOW, but for what a local authority cannot have',
  async run(world) {
    const file = join(world.box.folder, 'testssl.json');
    await rm(file, { force: true });
    const authority = join(world.box.folder, 'base/edge/authority/root.pem');
    const { neighbour, box } = world;
    const ran = await runCommand(
      [
        'timeout',
        '280',
        'testssl',
        '--quiet',
        '--color',
        '0',
        '--warnings',
        'off',
        '--nodns',
        'none',
        '--sneaky',
        '--ip',
        '127.0.0.1',
        '--add-ca',
        authority,
        '--connect-timeout',
        '5',
        '--openssl-timeout',
        '5',
        '--protocols',
        '--std',
        '--pfs',
        '--server-preference',
        '--server-defaults',
        '--headers',
        '--vulnerable',
        '--jsonfile',
        file,
        `https://${neighbour.domain}:${box.ports.https}/health/`,
      ],
      { cwd: box.folder },
    );
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text === '') throw new Error(ran.all.slice(-600));
    const findings = JSON.parse(text) as readonly Finding[];
    const scanned = findings.filter(({ severity }) => severity === 'FATAL' || severity === 'WARN');
    if (findings.length < 60)
      throw new Error(
        `testssl.sh found only ${findings.length} things: ${scanned.map(({ finding }) => finding).join('; ')} ${ran.all.slice(-300)}`,
      );
    const counts = new Map<string, number>();
    for (const { severity } of findings) counts.set(severity, (counts.get(severity) ?? 0) + 1);
    const above = findings.filter(({ severity }) => ['MEDIUM', 'HIGH', 'CRITICAL', 'FATAL'].includes(severity));
    const reason = (id: string): string | undefined => known[id] ?? known[id.split(/[ <]/)[0] ?? ''];
    const wrong = above
      .filter(({ id }) => reason(id) === undefined)
      .map(({ id, severity, finding }) => `${severity} ${id}: ${finding}`);
    const named = [...new Set(above.flatMap(({ id }) => (reason(id) === undefined ? [] : [`${id} (${reason(id)})`])))];
    return outcome(
      wrong,
      `${[...counts].map(([severity, count]) => `${count} ${severity}`).join(', ')}; above LOW: ${named.join(', ') || 'nothing'}`,
    );
  },
};

const old: Attack = {
  name: 'old protocols and weak ciphers',
  who: 'visitor',
  how: 'openssl with TLS 1.0, TLS 1.1, and TLS 1.2 with RSA key exchange, CBC, 3DES, RC4, NULL and anonymous ciphers',
  promise: 'no handshake',
  async run(world) {
    const { mallory, box } = world;
    const wrong: string[] = [];
    const tries = [
      ['-tls1'],
      ['-tls1_1'],
      ...['kRSA', 'CBC', '3DES', 'RC4', 'NULL', 'aNULL', 'ECDHE+AES+SHA256', 'EXPORT', 'DHE'].map((cipher) => [
        '-tls1_2',
        '-cipher',
        `${cipher}:@SECLEVEL=0`,
      ]),
    ];
    for (const words of tries) {
      const extra = words.includes('-cipher') ? [] : ['-cipher', 'ALL:@SECLEVEL=0'];
      const ran = await runCommand([
        'openssl',
        's_client',
        '-connect',
        `127.0.0.1:${box.ports.https}`,
        '-servername',
        mallory.domain,
        ...words,
        ...extra,
      ]);
      const cipher = /Cipher\s+(?:is|:)\s+(\S+)/.exec(ran.all)?.[1] ?? '(NONE)';
      const strong = /^(?:ECDHE-.*-GCM-|ECDHE-.*CHACHA20)/.test(cipher);
      if (cipher !== '(NONE)' && cipher !== '0000' && !strong) wrong.push(`${words.join(' ')}: ${cipher}`);
    }
    return outcome(wrong, `${tries.length} tries, none was taken`);
  },
};

const keys: Attack = {
  name: 'the keys of certificates',
  who: 'local user',
  how: 'the keys of the authority and of both sites were read as a local user, as the site, and as NGINX’s workers',
  promise: 'only root reads them',
  async run(world) {
    const paths = [
      join(world.box.folder, 'base/edge/authority'),
      ...[world.mallory, world.neighbour].map(({ name }) => join(world.box.folder, 'base/edge/certificates', name)),
    ];
    const found = await runCommand(['grep', '-rlF', 'PRIVATE KEY', ...paths]);
    const files = found.stdout.split('\n').filter((line) => line !== '');
    if (files.length < 3) throw new Error(`only ${files.length} keys were found`);
    const wrong: string[] = [];
    for (const file of files) {
      const { mode, uid } = await stat(file);
      if (uid !== 0 || (mode & 0o077) !== 0) wrong.push(`${file} has mode ${(mode & 0o777).toString(8)}`);
      if ((await world.local.run(['cat', file])).code === 0) wrong.push(`a local user reads ${file}`);
      if ((await world.asSite(`print(open(${JSON.stringify(file)}).read())`)).includes('PRIVATE KEY'))
        wrong.push(`the site reads ${file}`);
    }
    return outcome(wrong, `${files.length} keys, all 0600 and root’s`);
  },
};

export const tlsArea: Area = { id: 'tls', title: 'TLS', attacks: [old, keys, scan] };
