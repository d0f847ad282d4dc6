import { describe, expect, it } from 'vitest';

import { checkRef, hidePassword, parseAddress } from './address.ts';

const value = (source: string) => {
  const result = parseAddress(source);
  return result.ok ? result.value : result.problems[0].code;
};

describe('the source of a project', () => {
  it('is a folder where it is an absolute path', () => {
    expect(value('/srv/shop/')).toEqual({ kind: 'folder', path: '/srv/shop' });
    expect(value('/')).toEqual({ kind: 'folder', path: '/' });
  });

  it.each([
    ['https://example.org/owner/name.git', { kind: 'git', url: 'https://example.org/owner/name.git', subfolder: '' }],
    ['ssh://git@example.org:2222/name.git', { kind: 'git', url: 'ssh://git@example.org:2222/name.git', subfolder: '' }],
    ['git@example.org:owner/name.git', { kind: 'git', url: 'git@example.org:owner/name.git', subfolder: '' }],
    [
      'file:///srv/git/name%20one.git',
      { kind: 'git', url: 'file:///srv/git/name%20one.git', local: '/srv/git/name one.git', subfolder: '' },
    ],
    [
      'https://example.org/o/n#v1.2:apps/site/',
      { kind: 'git', url: 'https://example.org/o/n', ref: 'v1.2', subfolder: 'apps/site' },
    ],
    ['https://example.org/o/n#:site', { kind: 'git', url: 'https://example.org/o/n', subfolder: 'site' }],
  ])('is a repository where it is %s', (source, address) => {
    expect(value(source)).toEqual(address);
  });

  it.each([
    '',
    '--upload-pack=touch /tmp/x',
    '-oProxyCommand=touch /tmp/x',
    'ext::sh -c touch% /tmp/x',
    'fd::7',
    'http://example.org/name.git',
    'git://example.org/name.git',
    'ftp://example.org/name.git',
    'ssh://-oProxyCommand=touch/x',
    'ssh://git@-oProxyCommand=touch/x',
    'ssh://-l@example.org/x',
    'git@-oProxyCommand=touch:x',
    '-git@example.org:x',
    'git@example.org:-x',
    'git@example.org:../../etc',
    'https://user:secret@example.org/name.git',
    'https://token@example.org/name.git',
    'https://example.org/',
    'https://example.org/-x',
    'file://elsewhere/srv/name.git',
    'file:///',
    'relative/folder',
    'https://example.org/name\n.git',
    'https://example.org/o/n#--upload-pack=x',
    'https://example.org/o/n#main:../../etc',
    'https://example.org/o/n#main:.git/hooks',
    `https://example.org/${'x'.repeat(5000)}`,
  ])('is refused where it is %j', (source) => {
    expect(value(source)).toBe('source-refused');
  });

  it('never shows the password of an address that it refuses', () => {
    const result = parseAddress('ftp://user:hunter2@example.org/x');
    expect(JSON.stringify(result)).not.toContain('hunter2');
    expect(hidePassword('ssh://user:hunter2@example.org/x')).toBe('ssh://…@example.org/x');
    expect(hidePassword('https://hunter2@example.org/x')).toBe('https://…@example.org/x');
    expect(hidePassword('ssh://git@example.org/x')).toBe('ssh://git@example.org/x');
  });
});

describe('a ref', () => {
  it.each(['main', 'release/2.1', 'v4.4.10', '7c2cb3b', 'refs/tags/v1', 'feature-x_y', 'naïve'])('may be %s', (ref) => {
    expect(checkRef(ref)).toBeUndefined();
  });

  it.each([
    '',
    '-x',
    '--upload-pack=cmd',
    'a..b',
    'a b',
    'main~1',
    'main^',
    'HEAD@{1}',
    '@',
    'a:b',
    '+main:main',
    'x*',
    'x?',
    '[x',
    'a\\b',
    '/a',
    'a/',
    'a//b',
    '.a',
    'a/.b',
    'a.lock',
    'a.lock/b',
    'a.',
    'a\u0000b',
    'a\u007fb',
    'a/-b',
    'x'.repeat(256),
  ])('may not be %j', (ref) => {
    expect(checkRef(ref)?.code).toBe('source-refused');
  });
});
