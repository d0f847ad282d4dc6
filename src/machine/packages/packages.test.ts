import { describe, expect, it } from 'vitest';

import { failureProblem, missingProblem } from './package-problems.ts';
import { bootUnits } from './package-services.ts';
import { parseDpkgQuery } from './packages.ts';

const failure = (text: string) => failureProblem(['nginx'], { stdout: '', stderr: text, code: 100, timedOut: false });

describe('parseDpkgQuery', () => {
  it('counts installed packages only, not removed or half configured ones', () => {
    const found = parseDpkgQuery(
      'installed\tnginx\t1.22.1\t\nconfig-files\tapache2\t2.4\t\nhalf-configured\tredis\t7\t\n',
    );
    expect([...found]).toEqual([['nginx', '1.22.1']]);
  });

  it('knows a virtual package by what provides it', () => {
    const found = parseDpkgQuery('installed\tnginx\t1.22.1\thttpd, httpd-cgi (= 1.0), nginx-abi-1.22.1-7\n');
    expect(found.get('httpd')).toBe('1.22.1');
    expect(found.get('httpd-cgi')).toBe('1.22.1');
  });
});

describe('missingProblem', () => {
  it('has the exact line for somebody with root', () => {
    expect(missingProblem(['nginx', 'redis-server'])).toMatchObject({
      code: 'packages-missing',
      cure: ['$ sudo apt-get install --no-install-recommends nginx redis-server', expect.any(String)],
    });
  });
});

describe('failureProblem', () => {
  it.each([
    [
      'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (apt-get)',
      /in use by another program/,
    ],
    ['E: Unable to locate package nginxx', /no package called nginxx/],
    ["E: Package 'foo' has no installation candidate", /no package called foo/],
    ['E: Failed to fetch http://deb.debian.org/x  Temporary failure resolving deb.debian.org', /cannot reach/],
    ["E: You don't have enough free space in /var/cache/apt/archives/.", /no room/],
    ["E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.", /interrupted/],
    ['E: Unable to correct problems, you have held broken packages.', /beside what is installed/],
    ['E: Sub-process /usr/bin/dpkg returned an error code (1)', /ended with 100/],
  ])('tells the reason of: %s', (words, summary) => {
    const problem = failure(`Reading…\n${words}\n`);
    expect(problem.summary).toMatch(summary);
    expect(problem.detail).toContain(words);
    expect(problem.cure.length).toBeGreaterThan(1);
  });
});

describe('bootUnits', () => {
  it('takes services and sockets that start at boot for everybody, and leaves templates, timers and the rest', async () => {
    const contents: Record<string, string> = {
      '/lib/systemd/system/nginx.service': '[Install]\nWantedBy=multi-user.target\n',
      '/usr/lib/systemd/system/memcached.socket': '[Install]\nWantedBy=sockets.target\n',
      '/lib/systemd/system/postgresql@.service': '[Install]\nWantedBy=multi-user.target\n',
      '/lib/systemd/system/logrotate.timer': '[Install]\nWantedBy=timers.target\n',
      '/lib/systemd/system/dbus.service': '[Service]\n',
    };
    expect(
      await bootUnits(['/usr/bin/nginx', ...Object.keys(contents)].join('\n'), async (path) => contents[path] ?? ''),
    ).toEqual(['nginx.service', 'memcached.socket']);
  });
});
