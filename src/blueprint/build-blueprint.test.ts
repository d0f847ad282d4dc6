import { describe, expect, it } from 'vitest';

import { fact, requirement, sampleFacts, worker } from '../../test/rig/samples.ts';
import type { Config } from '../config/config.ts';
import type { Facts } from '../django/facts.ts';
import { must } from '../problems/problem.ts';
import type { Blueprint } from './blueprint.ts';
import { type BlueprintInput, buildBlueprint } from './build-blueprint.ts';
import { explainBlueprint } from './explain.ts';

function input(facts: Partial<Facts> = {}, config: Config = {}): BlueprintInput {
  return {
    site: 'my-forum',
    source: { kind: 'folder', path: '/srv/forum', revision: 'abc' },
    facts: sampleFacts(facts),
    config,
    ownerEnvironment: {},
  };
}

function build(facts: Partial<Facts> = {}, config: Config = {}): Blueprint {
  return must(buildBlueprint(input(facts, config)));
}

const names = (blueprint: Blueprint): readonly string[] => blueprint.components.map(({ name }) => name);
const additions = (blueprint: Blueprint): readonly string[] =>
  blueprint.pythonAdditions.map(({ requirement }) => requirement);

describe('a blueprint', () => {
  it('of a plain project is SQLite, Gunicorn and NGINX', () => {
    const blueprint = build();
    expect(names(blueprint)).toEqual(['sqlite', 'gunicorn', 'nginx']);
    expect(additions(blueprint)).toEqual(['gunicorn>=23']);
    expect(blueprint).toMatchObject({ healthPath: '/', uploadLimitMb: 25, ownerEnvironment: {} });
  });

  it('of a forum with a database, a cache and a queue has them in the order in which they start', () => {
    const facts = {
      database: fact('postgresql'),
      redis: fact(true),
      workers: [worker('rq', 'worker', 'default')],
    } as const;
    expect(names(build(facts))).toEqual(['postgresql', 'redis', 'gunicorn', 'rq', 'nginx']);
  });

  it('of an ASGI project has Uvicorn', () => {
    const application = fact({ kind: 'asgi', module: 'forum.asgi', name: 'application' } as const);
    expect(names(build({ application }))).toEqual(['sqlite', 'uvicorn', 'nginx']);
  });

  it('adds to the virtualenv only what is not declared', () => {
    const facts = { database: fact('postgresql'), redis: fact(true) } as const;
    expect(additions(build(facts))).toEqual(['psycopg[binary]>=3.1', 'redis>=4.2', 'gunicorn>=23']);
    const requirements = [
      requirement('psycopg2-binary'),
      requirement('django-redis'),
      requirement('gunicorn', '==20.1'),
    ];
    expect(additions(build({ ...facts, requirements }))).toEqual([]);
  });

  it('leaves it to Celery which Redis client it can use', () => {
    const facts = {
      redis: fact(true),
      requirements: [requirement('celery')],
      workers: [worker('celery', 'worker', '-A', 'x', 'worker')],
    } as const;
    expect(additions(build(facts))).toEqual(['celery[redis]', 'packaging', 'gunicorn>=23']);
  });

  it('gives an old Django the driver that it knows', () => {
    expect(additions(build({ database: fact('postgresql'), django: fact('==3.2.*') }))).toContain(
      'psycopg2-binary>=2.9',
    );
  });

  it('says nothing of the folder that was read, nor of packages of a system', () => {
    const text = JSON.stringify(build({ redis: fact(true), database: fact('postgresql') }));
    expect(text.replace(/"source":\{[^}]*\}/, '')).not.toMatch(/"\/[a-z]/);
    expect(text).not.toMatch(/redis-server|postgresql-\d|python3-venv/);
  });

  it('takes what the config says over what was found', () => {
    const config: Config = {
      settings: 'forum.production',
      root: 'backend',
      python: '3.12',
      database: 'postgresql',
      health: { path: '/up/', timeout_seconds: 9, tries: 3 },
      web: { workers: 7, timeout_seconds: 90 },
      upload_limit_mb: 100,
      environment: { LOG: 'a', LEVEL: 'b' },
    };
    const blueprint = must(
      buildBlueprint({ ...input({ healthPath: fact('/found/') }, config), ownerEnvironment: { LEVEL: 'c' } }),
    );
    expect(blueprint.facts).toMatchObject({
      settingsModule: { value: 'forum.production', because: { says: "settings in Roadie's config" } },
      root: { value: 'backend' },
      python: { value: { requires: '>=3.10', preferred: '3.12' } },
    });
    expect(names(blueprint)).toContain('postgresql');
    expect(blueprint).toMatchObject({
      healthPath: '/up/',
      uploadLimitMb: 100,
      ownerEnvironment: { LOG: 'a', LEVEL: 'c' },
    });
    expect(blueprint.components.find(({ name }) => name === 'gunicorn')?.options).toEqual({
      workers: 7,
      timeoutSeconds: 90,
      readySeconds: 9,
      readyTries: 3,
    });
  });

  it('runs the workers of the config instead of those that were found', () => {
    const config: Config = {
      workers: { mail: { command: "python manage.py 'send mail'", processes: 2, stop_seconds: 900 } },
    };
    const blueprint = build({ workers: [worker('rq', 'worker', 'default')] }, config);
    expect(names(blueprint)).toEqual(['sqlite', 'gunicorn', 'command', 'nginx']);
    expect(blueprint.components.find(({ name }) => name === 'command')?.options).toEqual({
      workers: [{ name: 'mail', arguments: ['python', 'manage.py', 'send mail'], processes: 2, stopSeconds: 900 }],
    });
    expect(names(build({ workers: [worker('rq', 'worker', 'default')] }, { workers: {} }))).not.toContain('rq');
  });

  it("runs a queue's worker that the config names as that queue wants it", () => {
    const config: Config = {
      workers: { jobs: { command: 'python manage.py run_huey -w 2', stop_seconds: 900 } },
    };
    const blueprint = build({}, config);
    expect(blueprint.components.find(({ name }) => name === 'huey')?.options).toEqual({
      workers: [{ name: 'jobs', arguments: ['-w', '2'], processes: 1, stopSeconds: 900 }],
    });
    // Two programs in one are what the owner wrote.
    const both: Config = { workers: { jobs: { command: 'celery -A site worker -B' } } };
    expect(names(build({}, both))).toEqual(['sqlite', 'gunicorn', 'command', 'nginx']);
  });

  it('keeps the names of workers apart from each other and from other services', () => {
    const workers = [
      worker('command', 'web', 'a'),
      worker('command', 'redis', 'b'),
      worker('rq', 'worker'),
      worker('command', 'worker', 'c'),
      worker('command', 'a b!', 'd'),
    ];
    const blueprint = build({ workers });
    expect(blueprint.facts.workers.map(({ value }) => value.name)).toEqual([
      'worker-web',
      'worker-redis',
      'worker',
      'worker-2',
      'a-b-',
    ]);
  });

  it.each(['mariadb', 'mysql'] as const)(
    'has MariaDB where the project uses it and where the config says %s',
    (name) => {
      const because = { says: 'mysqlclient in requirements.txt:4', where: { file: 'requirements.txt', line: 4 } };
      const database = { value: 'mysql', because } as const;
      expect(names(build({ database }))).toContain('mariadb');
      expect(names(build({ database }, { database: 'sqlite' }))).not.toContain('mariadb');
      expect(names(build({}, { database: name }))).toContain('mariadb');
      expect(additions(build({}, { database: name }))).toContain('pymysql>=1.1');
    },
  );

  it('is the same from the same, and survives a file', () => {
    const facts = { database: fact('postgresql'), redis: fact(true), workers: [worker('rq', 'worker')] } as const;
    expect(build(facts)).toEqual(build(facts));
    expect(JSON.parse(JSON.stringify(build(facts)))).toEqual(build(facts));
  });
});

describe('the explanation of a blueprint', () => {
  it('gives each decision with its evidence', () => {
    const because = { says: 'psycopg in requirements.txt:4', where: { file: 'requirements.txt', line: 4 } };
    const lines = explainBlueprint(
      build({ database: { value: 'postgresql', because }, requirements: [requirement('psycopg')] }),
    );
    expect(lines).toContainEqual({ subject: 'component', value: 'PostgreSQL', because });
    expect(lines).toContainEqual({
      subject: 'Python package',
      value: 'gunicorn>=23',
      because: { says: 'the web server: undeclared, added' },
    });
    for (const line of lines) expect(line.because.says).not.toBe('');
  });
});
