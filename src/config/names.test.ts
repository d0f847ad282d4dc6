import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Result } from '../problems/problem.ts';
import { checkDomain, checkPort, checkSiteName, siteNameFromPath, siteNameFromUrl } from './names.ts';

/** The value, or the first problem's code, summary and cure. */
function told(result: Result<unknown>): unknown {
  return result.ok
    ? result.value
    : `${result.problems[0].code}: ${result.problems[0].summary} | ${result.problems[0].cure.join(' ')}`;
}

describe('site names', () => {
  it.each(['a', 'forum', 'my-forum', 'x1', 'a'.repeat(31)])('%s is one', (name) => {
    expect(told(checkSiteName(name))).toBe(name);
  });

  it.each([
    ['Forum', 'forum'],
    ['my_forum', 'my-forum'],
    ['1forum', 'site-1forum'],
    ['../etc', 'etc'],
    ['fo rum', 'fo-rum'],
    ['Café', 'cafe'],
    ['a'.repeat(40), 'a'.repeat(31)],
  ])('%s is none, and %s is offered', (name, near) => {
    expect(told(checkSiteName(name))).toMatch(new RegExp(`^bad-name: .*\\| Choose a name such as ${near}\\.$`));
  });

  it.each(['', '-', '\n', '日本'])('%j is none, and an example is offered', (name) => {
    expect(told(checkSiteName(name))).toMatch(/such as forum or my-shop/);
  });

  it('a name that is offered is always one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const made = siteNameFromPath(`/srv/${text}`);
        expect(made.ok ? checkSiteName(made.value).ok : made.problems[0].code === 'bad-name').toBe(true);
      }),
    );
  });

  it.each([
    ['/srv/My_Forum/', 'my-forum'],
    ['/home/anna/2048', 'site-2048'],
    ['examples/boards', 'boards'],
    ['/srv/forum/.', 'forum'],
  ])('the folder %s gives %s', (path, name) => {
    expect(told(siteNameFromPath(path))).toBe(name);
  });

  it.each([
    ['https://github.com/wagtail/bakerydemo.git', 'bakerydemo'],
    ['https://github.com/wagtail/bakerydemo/', 'bakerydemo'],
    ['git@github.com:babybuddy/babybuddy.git', 'babybuddy'],
    ['file:///srv/git/forum.git', 'forum'],
    ['https://example.org/a/b?ref=1#x', 'b'],
  ])('the repository %s gives %s', (url, name) => {
    expect(told(siteNameFromUrl(url))).toBe(name);
  });

  it('says what to do where nothing is left', () => {
    expect(told(siteNameFromPath('/'))).toMatch(/^bad-name: .*--name/);
  });
});

describe('domains', () => {
  it.each([
    ['forum.example.org', 'forum.example.org'],
    ['Forum.Example.ORG', 'forum.example.org'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['日本.example', 'xn--wgv71a.example'],
    ['boards.localhost', 'boards.localhost'],
    ['localhost', 'localhost'],
    ['1and1.com', '1and1.com'],
    [`${'a'.repeat(63)}.org`, `${'a'.repeat(63)}.org`],
  ])('%s is %s', (text, domain) => {
    expect(told(checkDomain(text))).toBe(domain);
  });

  it.each([
    ['', 'empty'],
    ['*.example.org', 'wildcards'],
    ['a; } server {', 'character'],
    ['a.org;', 'character'],
    ['a{b}.org', 'character'],
    ['a b.org', 'character'],
    ['a.org\nserver_name b.org', 'character'],
    ['$host.org', 'character'],
    ['a_b.org', 'character'],
    ['~^.+$', 'character'],
    ['"a.org"', 'character'],
    ['192.168.1.1', 'address'],
    ['[::1]', 'character'],
    ['example.1', 'number'],
    ['-a.org', 'hyphen'],
    ['a-.org', 'hyphen'],
    ['a..org', '1 to 63'],
    ['.org', '1 to 63'],
    ['example.org.', 'Write example.org'],
    [`${'a'.repeat(64)}.org`, 'domain'],
    [`${'a.'.repeat(127)}org`, '253'],
    ['forum', 'forum.localhost'],
    ['https://forum.example.org/', 'Write forum.example.org'],
    ['forum.example.org:8443', 'Write forum.example.org'],
    ['forum.example.org/path', 'Write forum.example.org'],
  ])('%j is none: %s', (text, why) => {
    const answer = told(checkDomain(text));
    expect(answer).toMatch(/^bad-domain: /);
    expect(answer).toContain(why);
  });

  it('what passes is always safe in a configuration file', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'grapheme' }),
          fc.domain(),
          fc.string().map((text) => `${text}.org`),
        ),
        (text) => {
          const checked = checkDomain(text);
          expect(checked.ok ? checked.value : 'a').toMatch(/^[a-z0-9.-]{1,253}$/);
        },
      ),
    );
  });
});

describe('ports', () => {
  it.each([1, 80, 65_535, '8443'])('%s is one', (port) => {
    expect(checkPort(port)).toEqual({ ok: true, value: Number(port) });
  });

  it.each([0, -1, 65_536, 99_999, 1.5, Number.NaN, '', '80 ', '0x50', 'http', '1e3'])('%j is none', (port) => {
    expect(told(checkPort(port))).toMatch(/^bad-port: .*1 to 65535/);
  });
});
