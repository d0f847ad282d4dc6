import { describe, expect, it } from 'vitest';
import * as z from 'zod';

import type { Problem } from '../problems/problem.ts';
import { readConfig } from './load.ts';
import { configSchema } from './schema.ts';

function read(text: string) {
  return readConfig({ file: 'roadie.toml', text });
}

function problems(text: string): readonly Problem[] {
  const result = read(text);
  return result.ok ? [] : result.problems;
}

/** `line:column code summary`. */
function told(text: string): readonly string[] {
  return problems(text).map(({ code, summary, where }) => `${where?.line}:${where?.column} ${code} ${summary}`);
}

const whole = `
name = "forum"
domains = ["Forum.example.org", "bücher.example", "forum.example.org"]
settings = "forum.settings.production"
root = "backend"
python = "3.12"
http_port = 8080
https_port = 8443
upload_limit_mb = 50
database = "postgresql"

[health]
path = "/health/"
timeout_seconds = 90

[web]
workers = 4
threads = 2
timeout_seconds = 20

[workers.mail]
command = "python manage.py send_mail"
processes = 2

[environment]
LOG_LEVEL = "INFO"
`;

describe("Roadie's config", () => {
  it('is read whole, with domains as DNS has them, each once', () => {
    expect(read(whole)).toEqual({
      ok: true,
      value: {
        name: 'forum',
        domains: ['forum.example.org', 'xn--bcher-kva.example'],
        settings: 'forum.settings.production',
        root: 'backend',
        python: '3.12',
        http_port: 8080,
        https_port: 8443,
        upload_limit_mb: 50,
        database: 'postgresql',
        health: { path: '/health/', timeout_seconds: 90 },
        web: { workers: 4, threads: 2, timeout_seconds: 20 },
        workers: { mail: { command: 'python manage.py send_mail', processes: 2 } },
        environment: { LOG_LEVEL: 'INFO' },
      },
    });
  });

  it('may be empty, and missing from pyproject.toml', () => {
    expect(read('')).toEqual({ ok: true, value: {} });
    expect(
      readConfig({
        file: 'pyproject.toml',
        section: 'tool.roadie',
        text: '[project]\nname = "x"\n[tool.black]\nline-length = 9',
      }),
    ).toEqual({ ok: true, value: {} });
  });

  it('is read from pyproject.toml, with the places there', () => {
    const result = readConfig({
      file: 'pyproject.toml',
      section: 'tool.roadie',
      text: '[project]\nname = "X"\n\n[tool.roadie.web]\nworker = 3\n',
    });
    expect(result).toMatchObject({
      ok: false,
      problems: [
        { code: 'config-unknown-key', where: { file: 'pyproject.toml', line: 5, column: 1 }, cure: ['Write workers.'] },
      ],
    });
  });

  it('tells all mistakes at once, in the order of the file', () => {
    expect(
      told(`name = "Forum!"
htps_port = 1
http_port = 99999
https_port = "443"
domains = ["a; } server {", "ok.example.org", 3]
timeout_seconds = 4
[web]
threads = 0
[workers.mail]
comand = "x"
[workers.shell]
command = "a | b"
[environment]
"BAD NAME" = "x"
`),
    ).toEqual([
      "1:8 bad-name 'Forum!' is not a site name: a small letter, then up to 30 small letters, digits and hyphens",
      '2:1 config-unknown-key htps_port is not a key that Roadie knows; did you mean https_port?',
      '3:13 config-bad-value http_port is 99999, but a whole number from 1 to 65535 is wanted',
      '4:14 config-bad-value https_port is "443", but a whole number from 1 to 65535 is wanted',
      "5:12 bad-domain 'a; } server {' is not a domain: it has a character that domains cannot have",
      '5:47 config-bad-value domains[2] is 3, but a domain in quotes is wanted',
      '6:1 config-unknown-key timeout_seconds is not a key that Roadie knows; did you mean health.timeout_seconds?',
      '8:11 config-bad-value web.threads is 0, but a whole number from 1 to 1000 is wanted',
      '9:10 config-bad-value workers.mail has no command: a command in quotes is wanted',
      '10:1 config-unknown-key workers.mail.comand is not a key that Roadie knows; did you mean command?',
      '12:11 config-bad-value The command a | b has an unquoted |, which only a shell understands',
      "14:1 config-bad-value 'BAD NAME' cannot be a name in environment: a table of texts in quotes, named with letters, digits and _ is wanted",
    ]);
  });

  it.each([
    'name = 3',
    'domains = "a.org"',
    'domains = []',
    'settings = "a-b"',
    'settings = "a; import os"',
    'root = "/etc"',
    'root = "a/../../etc"',
    'python = "2.7"',
    'python = 3.12',
    'http_port = 0',
    'http_port = 1.5',
    'http_port = nan',
    'upload_limit_mb = -1',
    'database = "oracle"',
    'health = "/x"',
    'health = { path = "x" }',
    'health = { path = "/a b" }',
    'health = { path = "/\\r\\nHost: x" }',
    'health = { timeout_seconds = 0 }',
    'web = { workers = 1001 }',
    'source = { branch = "--upload-pack=x" }',
    'source = { branch = "a..b" }',
    'source = { branch = "main lock" }',
    'source = { repository = "ext::sh -c x" }',
    'source = { repository = "--upload-pack=x" }',
    'source = { repository = "http://example.org/x.git" }',
    'web = [1]',
    'network = { listen = 8883 }',
    'network = { listen = [80] }',
    'network = { listen = [65536] }',
    'network = { listen = ["8883"] }',
    'network = { listen = [8883, 1883, 8883] }',
    'network = [8883]',
    'workers = { a = "x" }',
    'workers = { "a/b" = { command = "x" } }',
    'environment = { A = 1 }',
    'environment = { A = "a\\u0000b" }',
    'environment = { "A=B" = "x" }',
    'environment = 1979-05-27',
    'name = 1979-05-27',
  ])('refuses %s with its place and a cure', (text) => {
    const [problem, ...more] = problems(text);
    expect(more).toEqual([]);
    expect(problem?.where).toMatchObject({ file: 'roadie.toml', line: 1 });
    expect(problem?.cure.join('')).not.toBe('');
    expect(problem?.summary).not.toMatch(/undefined|\[object|another value/);
  });

  it.each([
    'branch = "main"',
    'branch = "release/2.x"',
    'branch = "feature/fußball"',
    'repository = "git@example.org:me/forum.git"',
    'repository = "ssh://git@example.org:2222/me/forum.git"',
    'repository = "file:///srv/forum.git"',
    'repository = "/srv/forum.git"',
  ])('takes %s', (line) => {
    expect(read(`[source]\n${line}`)).toMatchObject({ ok: true });
  });

  it('refuses a worker class beside a server that has none, where it stands', () => {
    expect(problems('[web]\nserver = "uvicorn"\nworker_class = "gevent"')).toMatchObject([
      {
        code: 'config-bad-value',
        summary: 'web.worker_class is how Gunicorn works, and web.server names uvicorn',
        where: { line: 3 },
        cure: ['Remove worker_class, or write: server = "gunicorn"'],
      },
    ]);
    expect(read('[web]\nserver = "gunicorn"\nworker_class = "gevent"')).toMatchObject({ ok: true });
  });

  it('never repeats a value of [environment], which can be a secret', () => {
    for (const value of ['31337', 'true', '[31337]', '{ a = 31337 }', '"31337\\u0000"']) {
      expect(problems(`[environment]\nTOKEN = ${value}`)).toHaveLength(1);
      expect(JSON.stringify(problems(`[environment]\nTOKEN = ${value}`))).not.toMatch(/31337/);
    }
  });

  it('offers keys that are near, and the list where none is', () => {
    expect(problems('databse = "sqlite"')[0]?.cure).toEqual(['Write database.']);
    expect(problems('[web]\nxyz = 1')[0]?.cure).toEqual([
      'Remove it. Known here: server, worker_class, workers, threads, timeout_seconds, memory_limit_mb, cpu_limit.',
    ]);
  });
});

describe('the reference of the config', () => {
  it('has a description, the wanted value and an example that is valid for each key', () => {
    for (const [name, schema] of Object.entries(configSchema.shape)) {
      const meta = z.globalRegistry.get(schema.unwrap());
      expect(meta?.description).toMatch(/\.$/);
      expect(meta?.['wants']).toEqual(expect.any(String));
      const example = String(meta?.['example']);
      expect(read(example)).toMatchObject({ ok: true, value: { [name]: expect.anything() } });
    }
  });
});

describe('the front end', () => {
  it('is what the owner says, or declined', () => {
    const text = '[frontend]\nfolder = "web"\nbuild = "npm run build:prod"\nnode = ">=18 <23"\n';
    const frontend = { folder: 'web', build: 'npm run build:prod', node: '>=18 <23' };
    expect(read(text)).toMatchObject({ ok: true, value: { frontend } });
    expect(read('[frontend]\nbuild = false\n')).toMatchObject({ ok: true, value: { frontend: { build: false } } });
  });

  it('is told what each key wants', () => {
    expect(told('[frontend]\nbuild = true\n')[0]).toMatch(/config-bad-value .*a command in quotes, or false is wanted/);
    expect(told('[frontend]\nbuild = "a && b"\n')[0]).toMatch(/an unquoted &/);
    expect(told('[frontend]\nfolder = "../x"\n')[0]).toMatch(/a folder inside the project/);
  });
});
