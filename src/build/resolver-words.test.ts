import { describe, expect, it } from 'vitest';

import { dependencyProblem, trimResolverWords } from './resolver-words.ts';

const context = { what: 'The requirements', python: '3.11.2', log: '/log' };

describe("a resolver's words", () => {
  it('lose what tells of progress and colours, and keep the reason', () => {
    const said =
      '\u001b[1mUsing Python 3.11.2 environment at: venv\u001b[0m\nResolved 12 packages in 3ms\n  × No solution found when resolving dependencies:\n  ╰─▶ Because there is no version of nosuch==99 and you require nosuch==99, we can conclude…\n';
    expect(trimResolverWords(said)).toBe(
      '  × No solution found when resolving dependencies:\n  ╰─▶ Because there is no version of nosuch==99 and you require nosuch==99, we can conclude…',
    );
  });

  it('keep beginning and end of a long build log', () => {
    const trimmed = trimResolverWords(Array.from({ length: 500 }, (_, line) => `line ${line}`).join('\n')).split('\n');
    expect(trimmed).toHaveLength(24);
    expect(trimmed[0]).toBe('line 0');
    expect(trimmed.at(-1)).toBe('line 499');
  });
});

describe('a failed installation', () => {
  it.each([
    ['Error: pg_config executable not found.', 'libpq-dev'],
    [
      'Exception: Can not find valid pkg-config name.\nSpecify MYSQLCLIENT_CFLAGS and MYSQLCLIENT_LDFLAGS env vars manually',
      'default-libmysqlclient-dev',
    ],
    ["error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory", 'build-essential'],
    ['src/x.c:1:10: fatal error: Python.h: No such file or directory', 'python3-dev'],
    ['Could not run curl-config: [Errno 2]', 'libcurl4-openssl-dev'],
    ['Git executable not found. Ensure that Git is installed', 'git'],
  ])('with %j names the package to put into an Aptfile', (words, name) => {
    const problem = dependencyProblem(words, context);
    expect(problem.cure[0]).toContain('Aptfile');
    expect(problem.cure[0]).toContain(name);
    expect(problem.cure[1]).toMatch(/^\$ apt-get install/);
  });

  it('for want of a connection says so first', () => {
    expect(
      dependencyProblem('error: Failed to fetch: `https://pypi.org/simple/django/`\n  dns error', context).cure[0],
    ).toContain('package index');
  });
});
