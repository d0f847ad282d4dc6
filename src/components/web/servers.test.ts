import { describe, expect, it } from 'vitest';

import { fact, sampleFacts, samplePlace, sampleRelease } from '../../../test/rig/samples.ts';
import type { Config } from '../../config/config.ts';
import type { Facts } from '../../django/facts.ts';
import { configuredFacts } from '../../blueprint/configured-facts.ts';
import { allComponents, findComponent } from '../index.ts';
import { chooseComponents } from '../roles.ts';

const wsgi = { kind: 'wsgi', module: 'forum.wsgi', name: 'application' } as const;
const asgi = { kind: 'asgi', module: 'forum.asgi', name: 'application' } as const;
const both = sampleFacts({ otherApplication: fact(asgi) });

/** The web server that a project gets, with the kind of application that it runs; or what is wrong. */
function choose(facts: Facts, web: Config['web'] = {}): string {
  const config = { web };
  const configured = configuredFacts(facts, config);
  const chosen = chooseComponents(configured, config, allComponents);
  if (!chosen.ok) return chosen.problems[0].summary;
  const server = chosen.value.find(({ component }) => component.roles.includes('web'));
  return `${server?.component.name} ${configured.application.value.kind}`;
}

function command(name: string, options: object = {}, application: typeof wsgi | typeof asgi = asgi) {
  const component = findComponent(name);
  const [spec] = component
    ? component.releaseServices(component.options.parse(options), samplePlace(), sampleRelease({ application }))
    : [];
  if (!spec) throw new Error('no service');
  return spec;
}

describe('the application server of a project', () => {
  it('is the one that its own web line starts, where that can run its application', () => {
    expect(choose(sampleFacts())).toBe('gunicorn wsgi');
    expect(choose(sampleFacts({ webCommand: fact(['uwsgi', '--ini', 'x.ini']) }))).toBe('uwsgi wsgi');
    expect(choose(sampleFacts({ webCommand: fact(['/venv/bin/granian', 'x']) }))).toBe('granian wsgi');
    expect(choose(sampleFacts({ webCommand: fact(['hypercorn', 'x']) }))).toBe('gunicorn wsgi');
    expect(choose(sampleFacts({ application: fact(asgi), webCommand: fact(['hypercorn', 'x']) }))).toBe(
      'hypercorn asgi',
    );
    expect(choose(sampleFacts({ application: fact(asgi), webCommand: fact(['daphne', 'x']) }))).toBe('uvicorn asgi');
  });

  it('is the one that the owner names, with the application that it can run', () => {
    for (const server of ['uvicorn', 'hypercorn', 'daphne'] as const)
      expect(choose(both, { server })).toBe(`${server} asgi`);
    for (const server of ['gunicorn', 'uwsgi', 'granian'] as const)
      expect(choose(both, { server })).toBe(`${server} wsgi`);
    expect(choose(both, { worker_class: 'uvicorn' })).toBe('gunicorn asgi');
    expect(choose(both, { worker_class: 'gevent' })).toBe('gunicorn wsgi');
    const asynchronous = sampleFacts({ application: fact(asgi), otherApplication: fact(wsgi) });
    expect(choose(asynchronous, { server: 'uwsgi' })).toBe('uwsgi wsgi');
    expect(choose(asynchronous, { server: 'granian' })).toBe('granian asgi');
  });

  it('is refused where the project has no application for it', () => {
    for (const server of ['uvicorn', 'hypercorn', 'daphne'] as const)
      expect(choose(sampleFacts(), { server })).toMatch(/ASGI applications, and forum\.wsgi is WSGI/);
    expect(choose(sampleFacts({ application: fact(asgi) }), { server: 'uwsgi' })).toMatch(/forum\.asgi is ASGI/);
    expect(choose(sampleFacts(), { worker_class: 'uvicorn' })).toBe(
      'web.worker_class names gunicorn, and Gunicorn runs ASGI applications, and forum.wsgi is WSGI',
    );
  });
});

describe('application servers', () => {
  it.each(['hypercorn', 'daphne'])('%s runs as single processes below a parent of ours', (name) => {
    const { bin } = sampleRelease();
    expect(command(name, { workers: 3 }).command.slice(0, 4)).toEqual([`${bin}/python`, '-m', 'roadie_processes', '3']);
    expect(command(name, { workers: 1 }).command).not.toContain('roadie_processes');
  });

  it.each(['uwsgi', 'granian', 'hypercorn', 'daphne'])('%s is handed its socket, and no variable says so', (name) => {
    expect(command(name)).toMatchObject({ passing: 'descriptors', replace: 'overlap', sockets: [{ mode: 0o660 }] });
  });

  it.each([
    ['uwsgi', 'UWSGI_HTTP_SOCKET'],
    ['granian', 'GRANIAN_UDS'],
    ['gunicorn', 'GUNICORN_CMD_ARGS'],
  ])('%s gets no setting from %s', (name, variable) => {
    const component = findComponent(name);
    const release = sampleRelease({ environment: { [variable]: ':8000', COLOUR: 'green' } });
    const [spec] = component?.releaseServices(component.options.parse({}), samplePlace(), release) ?? [];
    expect(spec?.environment).not.toHaveProperty(variable);
    expect(spec?.environment).toMatchObject({ COLOUR: 'green' });
  });

  it.each([
    ['sync', ['--worker-class=sync', '--workers=3']],
    ['gthread', ['--worker-class=gthread', '--threads=4', '--worker-connections=4', '--workers=3']],
    ['gevent', ['--worker-class=roadie_gunicorn_gevent.Worker', '--worker-connections=10', '--workers=3']],
    ['uvicorn', ['--worker-class=uvicorn_worker.UvicornWorker', '--workers=2']],
  ])('Gunicorn works with %s as told', (workerClass, words) => {
    const application = workerClass === 'uvicorn' ? asgi : wsgi;
    const given = command('gunicorn', { workerClass }, application).command;
    expect(given.filter((word) => /^--(worker|threads)/.test(word) && !word.startsWith('--worker-tmp'))).toEqual(words);
    expect(given.at(-1)).toBe(`roadie_${application.kind}:application`);
  });

  it.each([
    ['gunicorn', {}, wsgi, { workers: 3, threads: 4 }],
    ['gunicorn', { workerClass: 'gevent' }, wsgi, { workers: 3, threads: 10 }],
    ['gunicorn', { workerClass: 'sync', threads: 8 }, wsgi, { workers: 3, threads: null }],
    ['gunicorn', { workerClass: 'uvicorn' }, asgi, { workers: 2, threads: null }],
    ['uwsgi', { threads: 2 }, wsgi, { workers: 3, threads: 2 }],
    ['granian', {}, wsgi, { workers: 3, threads: 4 }],
    ['granian', { workers: 5 }, asgi, { workers: 5, threads: null }],
    ['hypercorn', {}, asgi, { workers: 2, threads: null }],
    ['daphne', {}, asgi, { workers: 2, threads: null }],
    ['uvicorn', {}, asgi, { workers: 2, threads: null }],
  ] as const)('%s with %j says how it runs', (name, options, application, setting) => {
    const component = findComponent(name);
    const release = sampleRelease({ application });
    expect(component?.setting?.(component.options.parse(options), samplePlace(), release)).toEqual(setting);
  });

  it("of Gunicorn takes over what the project's own command says, and the owner's config wins", () => {
    const component = findComponent('gunicorn');
    const webCommand = fact('gunicorn -t 120 --threads 8 --max-requests 500 forum.wsgi'.split(' '));
    const found = component?.detect?.(sampleFacts({ webCommand }))?.options;
    const spec = (options: unknown) =>
      component?.releaseServices(
        component.options.parse(options),
        samplePlace(),
        sampleRelease({ application: wsgi }),
      )[0];
    expect(spec(found)?.command).toEqual(expect.arrayContaining(['--timeout=120', '--threads=8']));
    expect(spec(found)?.environment).toMatchObject({ ROADIE_GUNICORN_ARGUMENTS: '--max-requests=500' });
    const configured = component?.configure?.(component.options.parse(found), { web: { timeout_seconds: 60 } });
    expect(spec(configured)?.command).toContain('--timeout=60');
  });

  it('of Gunicorn brings what the worker class needs', () => {
    const needs = (workerClass: string): readonly (string | undefined)[] =>
      (findComponent('gunicorn')?.packages({ workerClass }).python ?? []).map(({ unless }) => unless[0]);
    expect(needs('sync')).toEqual(['gunicorn']);
    expect(needs('gevent')).toEqual(['gunicorn', 'gevent', 'packaging']);
    expect(needs('uvicorn')).toEqual(['gunicorn', 'uvicorn-worker', 'websockets']);
  });
});
