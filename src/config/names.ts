import { domainToASCII } from 'node:url';

import { failed, ok, type Result } from '../problems/problem.ts';

/** A site's name: a folder, part of a user's name, a file in the edge's configuration. */
const siteNamePattern = /^[a-z][a-z0-9-]{0,30}$/;
const longestSiteName = 31;

/** Checks a site's name. Problem: `bad-name`. */
export function checkSiteName(text: string): Result<string> {
  if (siteNamePattern.test(text)) return ok(text);
  const near = nearSiteName(text);
  return failed({
    code: 'bad-name',
    summary: `${shown(text)} is not a site name: a small letter, then up to 30 small letters, digits and hyphens`,
    cure: [near === undefined ? 'Choose a name such as forum or my-shop.' : `Choose a name such as ${near}.`],
  });
}

/** A name for the site of a folder: its last part, made valid. Problem: `bad-name` where nothing of it is usable. */
export function siteNameFromPath(path: string): Result<string> {
  return nameFrom(path.split('/').findLast((part) => part !== '' && part !== '.' && part !== '..') ?? '', path);
}

/** A name for the site of a repository: the last part of its address without `.git`, made valid. Problem: `bad-name`. */
export function siteNameFromUrl(url: string): Result<string> {
  const path = url.replace(/[?#].*$/, '').replace(/\/+$/, '');
  return nameFrom((path.split(/[/:]/).at(-1) ?? '').replace(/\.git$/, ''), url);
}

function nameFrom(part: string, whole: string): Result<string> {
  const name = nearSiteName(part);
  if (name !== undefined) return ok(name);
  return failed({
    code: 'bad-name',
    summary: `No site name can be made from ${shown(whole)}: it has no letter or digit from a to z and 0 to 9`,
    cure: ['Give one: `--name forum`.'],
  });
}

/** The valid name that is nearest; undefined where no letter or digit is left. */
function nearSiteName(text: string): string | undefined {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  if (plain === '') return undefined;
  const begun = /^[a-z]/.test(plain) ? plain : `site-${plain}`;
  return begun.slice(0, longestSiteName).replace(/-+$/, '');
}

/** One label of a domain name after RFC 1123, 1 to 63 characters. */
const labelPattern = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

/**
 * Checks a domain and gives it as DNS knows it: small letters, other scripts as `xn--`. What passes is safe to stand in
 * the edge's configuration. Refused: wildcards, addresses, ports, URLs, single words other than localhost. Problem: `bad-domain`.
 */
export function checkDomain(text: string): Result<string> {
  const refuse = (why: string, cure: string): Result<string> =>
    failed({ code: 'bad-domain', summary: `${shown(text)} is not a domain: ${why}`, cure: [cure] });
  const example = 'Give a name such as www.example.org.';

  if (text === '') return refuse('it is empty', example);
  if (text.includes('*')) return refuse('wildcards cannot be used', 'Name each domain.');
  const host = hostOfUrl(text);
  if (host !== undefined) return refuse('only the name is wanted, without scheme, port or path', `Write ${host}.`);
  // Before punycode, since that conversion drops some characters and folds others.
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(text)) return refuse('it has a character that domains cannot have', example);
  if (/^[0-9.]+$/.test(text))
    return refuse(
      'it is a number or an address',
      'Certificates and sites go by name. For a machine without one use NAME.localhost.',
    );

  // Browsers take such a name for an address.
  if (/(^|\.)\d+\.?$/.test(text)) return refuse('its last part is a number', example);

  const ascii = domainToASCII(text.toLowerCase());
  if (ascii === '') return refuse('it cannot be written in the letters of DNS', example);
  if (ascii.length > 253)
    return refuse(`it has ${ascii.length} characters, and at most 253 are allowed`, 'Use a shorter name.');
  const labels = ascii.split('.');
  if (labels.at(-1) === '') return refuse('it ends with a dot', `Write ${ascii.replace(/\.+$/, '')}.`);
  const wrong = labels.find((label) => !labelPattern.test(label));
  if (wrong !== undefined) {
    return refuse(
      `the part ${shown(wrong)} must have 1 to 63 letters, digits and hyphens, with no hyphen at its ends`,
      example,
    );
  }
  if (labels.length === 1 && ascii !== 'localhost')
    return refuse('it is a single word', `Did you mean ${ascii}.localhost or ${ascii}.example.org?`);
  return ok(ascii);
}

/** The host where somebody pasted a whole address or added a port or path. */
function hostOfUrl(text: string): string | undefined {
  const match = /^(?:[a-z][a-z0-9+.-]*:\/\/)?([\p{L}\p{N}.-]+)(?::\d+)?(?:\/\S*)?$/iu.exec(text);
  return match?.[1] === undefined || match[1] === text ? undefined : match[1];
}

/** Checks a TCP port: a whole number from 1 to 65535. Problem: `bad-port`. */
export function checkPort(value: number | string): Result<number> {
  const port = typeof value === 'string' ? (/^\d{1,9}$/.test(value) ? Number(value) : Number.NaN) : value;
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return ok(port);
  return failed({
    code: 'bad-port',
    summary: `${shown(String(value))} is not a port: a whole number from 1 to 65535 is wanted`,
    cure: ['Use 443 for HTTPS and 80 for HTTP, or 8443 and 8080 without root.'],
  });
}

/** What somebody wrote, fit for a message: quoted, without control characters, not longer than a line. */
function shown(text: string): string {
  const clean = text.replaceAll(/\p{C}/gu, '\uFFFD');
  return `'${clean.length > 80 ? `${clean.slice(0, 77)}…` : clean}'`;
}
