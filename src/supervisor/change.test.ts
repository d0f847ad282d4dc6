import { describe, expect, it } from 'vitest';

import { canOverlap, changeTo, fingerprint } from './change.ts';
import { standardRestart } from '../components/standard-restart.ts';
import type { ServiceSpec } from '../services/service.ts';

const web: ServiceSpec = {
  group: 'boards',
  name: 'web',
  command: ['/venv/bin/gunicorn', 'boards.wsgi'],
  directory: '/releases/1',
  environment: { A: '1', B: '2' },
  sockets: [{ kind: 'unix', path: '/run/web.sock', mode: 0o660 }],
  passing: 'listen-fds',
  after: [],
  readiness: { probe: { kind: 'connect', socket: '/run/web.sock' }, timeoutSeconds: 30 },
  stop: { signal: 'SIGTERM', timeoutSeconds: 30 },
  restart: standardRestart,
  replace: 'overlap',
  log: { path: '/logs/web.log', maxBytes: 1000, keep: 1 },
};

describe('what a changed spec asks for', () => {
  it('is nothing where the same process would come of it, in whatever order it was written', () => {
    const { environment: _environment, ...rest } = web;
    const policies: ServiceSpec = {
      ...rest,
      environment: { B: '2', A: '1' },
      stop: { signal: 'SIGINT', timeoutSeconds: 1 },
      after: ['redis'],
      log: { ...web.log, keep: 9 },
    };
    expect(changeTo(fingerprint(web), policies)).toBe('nothing');
  });

  it.each<Partial<ServiceSpec>>([
    { command: ['/other'] },
    { directory: '/releases/2' },
    { environment: { A: '2' } },
    { release: '2' },
    { nice: 5 },
    { openFiles: 9 },
    { user: { uid: 7, gid: 7, name: 'site' } },
  ])('is a replacement as the spec says: %j', (change) => {
    expect(changeTo(fingerprint(web), { ...web, ...change })).toBe('overlap');
    expect(changeTo(fingerprint({ ...web, replace: 'restart' }), { ...web, ...change, replace: 'restart' })).toBe(
      'restart',
    );
  });

  it('is a reload where the service can, unless its command, environment or sockets changed', () => {
    const edge: ServiceSpec = { ...web, replace: 'reload', reloadSignal: 'SIGHUP' };
    expect(changeTo(fingerprint(edge), { ...edge, openFiles: 9 })).toBe('reload');
    expect(changeTo(fingerprint(edge), { ...edge, environment: {} })).toBe('restart');
    expect(changeTo(fingerprint(edge), { ...edge, sockets: [] })).toBe('restart');
  });

  it('is a restart where there is not one unix socket to rename', () => {
    expect(canOverlap({ ...web, sockets: [{ kind: 'tcp', host: '127.0.0.1', port: 8000 }] })).toBe(false);
    expect(changeTo(fingerprint(web), { ...web, sockets: [] })).toBe('restart');
  });
});
