import { describe, expect, it } from 'vitest';

import type { EnvironmentInput } from '../django/environment/environment.ts';
import { purposeOf } from '../django/environment/environment-names.ts';
import type { EnvironmentName, Facts } from '../django/facts.ts';
import { explainFailure, type ProbeFailure } from '../django/probe/probe.ts';
import { ProblemError } from '../problems/problem.ts';
import { BuildEnvironment } from './environment.ts';

function read(name: string, more: Partial<EnvironmentName> = {}): EnvironmentName {
  return { name, purpose: purposeOf(name, []), required: true, where: { file: 'blog/settings.py', line: 1 }, ...more };
}

function environmentFor(names: readonly EnvironmentName[], owner: Readonly<Record<string, string>> = {}) {
  const because = { says: '' };
  const input: EnvironmentInput = {
    facts: {
      environment: names,
      settingsModule: { value: 'blog.settings', because },
      installedApps: [],
    } as unknown as Facts,
    connections: [],
    owner,
    secrets: { 'secret-key': 'k'.repeat(64) },
    domains: ['blog.example'],
    ports: { http: 80, https: 443 },
    staticRoot: '/release/static',
    mediaRoot: '/data/media',
    filesFolder: '/data/files',
  };
  return new BuildEnvironment('blog', input);
}

const failure = (text: string, type = 'ValueError'): ProbeFailure => ({
  type,
  text,
  traceback: `${type}: ${text}`,
  telling: `${type}: ${text}`,
  file: null,
  line: null,
  column: null,
});
const failed = (text: string, type?: string) => {
  const said = failure(text, type);
  return { kind: 'failed', problem: explainFailure(said), failure: said, writes: [] } as const;
};
const missing = (...names: readonly [string, ...string[]]) =>
  ({ kind: 'missing', names, failure: failure('missing'), writes: [] }) as const;

function problemOf(task: () => void) {
  try {
    task();
  } catch (error) {
    if (error instanceof ProblemError) return error.problems[0];
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('settings that choke on a value of ours', () => {
  it('are given its other forms, and refused with its name when all were tried', () => {
    const environment = environmentFor([read('ALLOWED_HOSTS')]);
    const tried: (string | undefined)[] = [environment.values['ALLOWED_HOSTS']];
    for (let round = 0; round < 2; round += 1) {
      environment.take(failed('ALLOWED_HOSTS is no list'));
      tried.push(environment.values['ALLOWED_HOSTS']);
    }
    expect(tried).toEqual([
      'blog.example,127.0.0.1,localhost',
      '["blog.example","127.0.0.1","localhost"]',
      'blog.example 127.0.0.1 localhost',
    ]);
    expect(problemOf(() => environment.take(failed('ALLOWED_HOSTS is no list')))).toMatchObject({
      code: 'settings-failed',
      summary:
        'The settings cannot be loaded: ValueError: ALLOWED_HOSTS is no list, perhaps for the value that Roadie gave for ALLOWED_HOSTS',
      detail: expect.stringContaining('blog/settings.py:1') as unknown,
      cure: ['$ roadie env set blog ALLOWED_HOSTS=…'],
    });
  });

  it('do without it where they can', () => {
    const environment = environmentFor([read('MEDIA_DIR', { required: false })]);
    expect(environment.values).toHaveProperty('MEDIA_DIR', '/data/media');
    environment.take(failed('MEDIA_DIR must not be used'));
    expect(environment.values).not.toHaveProperty('MEDIA_DIR');
  });

  it("are not told of a value of the owner's, nor shown a secret", () => {
    const owners = environmentFor([read('ALLOWED_HOSTS')], { ALLOWED_HOSTS: '[' });
    expect(problemOf(() => owners.take(failed('ALLOWED_HOSTS is no list')))?.summary).not.toContain('Roadie');
    const secret = environmentFor([read('SECRET_KEY')]);
    expect(JSON.stringify(problemOf(() => secret.take(failed('SECRET_KEY is too long'))))).not.toContain('kkk');
  });
});

describe('variables that turn out to be missing', () => {
  it('are known by the whole name that the source shows', () => {
    const environment = environmentFor([
      read('BLOG_SECRET_KEY', { purpose: 'secret-key', required: false, reader: 'pydantic' }),
      read('BLOG_PAGES', { reader: 'pydantic', cast: 'integer' }),
    ]);
    environment.take(missing('PAGES', 'BLOG_SECRET_KEY'));
    expect(environment.values).toMatchObject({ BLOG_PAGES: '1' });
    expect(environment.unknown).toContain('BLOG_PAGES');
    expect(problemOf(() => environment.requireKnown())).toMatchObject({ code: 'missing-variables' });
  });

  it('come before what a stand-in may have broken', () => {
    const environment = environmentFor([read('API_URL'), read('API_KEY')]);
    environment.take(missing('API_URL'));
    expect(problemOf(() => environment.take(failed('no such scheme')))?.summary).toContain('API_URL, API_KEY');
  });
});
