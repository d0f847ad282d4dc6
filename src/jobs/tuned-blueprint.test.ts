import { describe, expect, test } from 'vitest';

import { fact, sampleFacts } from '../../test/rig/samples.ts';
import type { Blueprint } from '../blueprint/blueprint.ts';
import type { BlueprintInput } from '../blueprint/build-blueprint.ts';
import type { Config } from '../config/config.ts';
import type { Facts } from '../django/facts.ts';
import { must } from '../problems/problem.ts';
import type { TunedWeb } from '../services/web-setting.ts';
import { tunedBlueprint } from './tuned-blueprint.ts';

const uwsgi: TunedWeb = { workers: 5, threads: 2, server: { server: 'uwsgi', workerClass: null } };
const gevent: TunedWeb = { workers: 2, threads: 20, server: { server: 'gunicorn', workerClass: 'gevent' } };

function build(tuned: TunedWeb | undefined, config: Config = {}, facts: Partial<Facts> = {}): Blueprint {
  const input: BlueprintInput = {
    site: 'forum',
    source: { kind: 'folder', path: '/srv/forum', revision: 'abc' },
    facts: sampleFacts(facts),
    config,
    ownerEnvironment: {},
  };
  return must(tunedBlueprint(input, tuned));
}

function web(blueprint: Blueprint): unknown {
  const found = blueprint.components.find(({ name }) => ['gunicorn', 'uwsgi', 'uvicorn'].includes(name));
  if (!found) return undefined;
  const { workers, threads, workerClass } = found.options as Record<string, unknown>;
  return [found.name, workerClass, workers, threads];
}

describe('what was measured', () => {
  test('stands for what the config leaves open', () => {
    expect(web(build(undefined))).toEqual(['gunicorn', undefined, undefined, undefined]);
    expect(web(build({ workers: 5, threads: 8 }))).toEqual(['gunicorn', undefined, 5, 8]);
    expect(web(build({ workers: 5, threads: 8 }, { web: { workers: 2 } }))).toEqual(['gunicorn', undefined, 2, 8]);
    expect(web(build(uwsgi))).toEqual(['uwsgi', undefined, 5, 2]);
    expect(web(build(uwsgi, { web: { timeout_seconds: 5 } }))).toEqual(['uwsgi', undefined, 5, 2]);
    expect(web(build(gevent))).toEqual(['gunicorn', 'gevent', 2, 20]);
  });

  test('brings the packages of its server, and says why it is that one', () => {
    const blueprint = build(uwsgi);
    expect(blueprint.pythonAdditions.map(({ requirement }) => requirement)).toEqual(['pyuwsgi>=2.0.23']);
    expect(blueprint.components.find(({ name }) => name === 'uwsgi')?.because.says).toContain('roadie tune');
  });

  test('gives way to a server that the config names, numbers and all', () => {
    expect(web(build(uwsgi, { web: { server: 'gunicorn' } }))).toEqual(['gunicorn', undefined, undefined, undefined]);
    expect(web(build(gevent, { web: { worker_class: 'sync' } }))).toEqual(['gunicorn', 'sync', undefined, undefined]);
  });

  test('gives way where the project has no application for its server any more', () => {
    const application = fact({ kind: 'asgi', module: 'forum.asgi', name: 'application' } as const);
    expect(web(build(uwsgi, {}, { application }))).toEqual(['uvicorn', undefined, undefined, undefined]);
  });
});
