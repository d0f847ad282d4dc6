import { X509Certificate } from 'node:crypto';

/**
 * Zones of names that no public registry hands out, now or later (RFC 2606, 6761, 6762, 8375; ICANN's `internal`): what is signed
 * for them can stand for nobody else's site.
 */
const privateZones: readonly string[] = ['localhost', 'local', 'test', 'example', 'internal', 'home.arpa'];

/** Whether a name can only be one of this network's own. */
export function isPrivateName(domain: string): boolean {
  const name = domain.toLowerCase();
  return privateZones.some((zone) => name === zone || name.endsWith(`.${zone}`));
}

/**
 * What an authority may sign for: the private zones where these names are all in them, which every site of a machine can share;
 * else these names alone.
 */
export function permittedFor(domains: readonly string[]): readonly string[] {
  return domains.every(isPrivateName)
    ? privateZones
    : [...new Set(domains.map((domain) => domain.toLowerCase()))].toSorted();
}

const permittedSubtrees = 0xa0;
const excludedSubtrees = 0xa1;
const sequence = 0x30;
const dnsName = 0x82;
const ipAddress = 0x87;

/**
 * The value of the extension nameConstraints (RFC 5280, 4.2.1.10), DER: these names and what is below them are permitted, and
 * addresses only where they are among them. A kind of name that is not mentioned would be permitted.
 */
export function nameConstraints(names: readonly string[]): Uint8Array {
  const addresses = names.filter(isAddress);
  const permitted = names.map((name) =>
    subtree(isAddress(name) ? addressOnly(name) : tagged(dnsName, Buffer.from(name.toLowerCase(), 'ascii'))),
  );
  // No address at all: /0 of both kinds is left out.
  const excluded =
    addresses.length > 0 ? [] : [8, 32].map((length) => subtree(tagged(ipAddress, Buffer.alloc(length))));
  return tagged(
    sequence,
    Buffer.concat([
      tagged(permittedSubtrees, Buffer.concat(permitted)),
      ...(excluded.length > 0 ? [tagged(excludedSubtrees, Buffer.concat(excluded))] : []),
    ]),
  );
}

/** Whether it is an address instead of a name. */
export function isAddress(name: string): boolean {
  return name.includes(':') || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name);
}

/** Whether a certificate of an authority can be read and has no name constraints, as those had that older versions made. */
export function maySignAnything(pem: string): boolean {
  try {
    // The extension's number, 2.5.29.30, as it stands in the certificate.
    return !new X509Certificate(pem).raw.includes(Buffer.from('0603551d1e', 'hex'));
  } catch {
    return false;
  }
}

function subtree(name: Buffer): Buffer {
  return tagged(sequence, name);
}

function addressOnly(address: string): Buffer {
  const bytes = addressBytes(address);
  return tagged(ipAddress, Buffer.concat([bytes, Buffer.alloc(bytes.length, 0xff)]));
}

function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (text: string): readonly string[] => text.split(':').filter((group) => group !== '');
  const [before, after] = [groups(head), groups(tail ?? '')];
  const middle = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return Buffer.from([...before, ...middle, ...after].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
