// The library keeps its registrations in metadata, so this has to be loaded before it.
import 'reflect-metadata';

import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from 'node:crypto';

import * as x509 from '@peculiar/x509';

import { isAddress, nameConstraints } from './name-constraints.ts';

/** How the local authority and its certificates sign: ECDSA with P-256, which everything in use accepts. */
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

const day = 24 * 60 * 60 * 1000;
const authorityDays = 3650;
/** What browsers accept at most from public authorities (CA/Browser Forum, 2020), less a day for clocks that are behind. */
const leafDays = 396;

/** A new private key, PKCS #8 in PEM. */
export async function newKey(): Promise<string> {
  const pair = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  return createPrivateKey({
    key: Buffer.from(await webcrypto.subtle.exportKey('pkcs8', pair.privateKey)),
    format: 'der',
    type: 'pkcs8',
  })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString();
}

/**
 * A self-signed authority for ten years that can issue certificates of servers with the permitted names, or names below them, and
 * no further authorities. PEM.
 */
export async function signAuthority(
  key: string,
  subject: { readonly name: string; readonly unit?: string },
  permitted: readonly string[],
  now: Date,
): Promise<string> {
  const keys = await load(key);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    // A common name has 64 characters at most.
    name: [
      { CN: [subject.name.slice(0, 64)] },
      ...(subject.unit === undefined ? [] : [{ OU: [subject.unit] }]),
      { O: ['Roadie'] },
    ],
    notBefore: new Date(now.getTime() - day),
    notAfter: new Date(now.getTime() + authorityDays * day),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.Extension('2.5.29.30', true, nameConstraints(permitted)),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

/** A certificate for a server with these names, for the public half of `key`, valid no longer than its authority. PEM. */
export async function signLeaf(
  authority: { readonly certificate: string; readonly key: string },
  key: string,
  domains: readonly string[],
  now: Date,
): Promise<string> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const { publicKey } = await load(key);
  const end = Math.min(now.getTime() + leafDays * day, issuer.notAfter.getTime());
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    // The names are in the extension; a common name may have 64 characters at most and is read by nobody.
    subject: [{ O: ['Roadie'] }],
    issuer: issuer.subject,
    notBefore: new Date(now.getTime() - day),
    notAfter: new Date(end),
    signingKey: (await load(authority.key)).privateKey,
    publicKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        domains.map((domain) => ({
          type: isAddress(domain) ? ('ip' as const) : ('dns' as const),
          value: domain.toLowerCase(),
        })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

async function load(pem: string): Promise<webcrypto.CryptoKeyPair> {
  const privateKey = createPrivateKey(pem);
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, true, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
  };
}

/** 16 random bytes whose first bit is 0, as RFC 5280 wants a positive number, and not 0 itself. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes.toString('hex');
}
