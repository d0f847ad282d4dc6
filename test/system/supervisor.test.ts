import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ProblemError } from '../../src/problems/problem.ts';
import type { GroupSpec, ServiceSpec } from '../../src/services/service.ts';
import { eventually, Scene, went } from '../rig/supervised/scene.ts';
import { freePort } from '../rig/free-port.ts';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.end());

const group = (...services: readonly ServiceSpec[]): GroupSpec => ({ group: 'scene', folders: [], services });
const soon = { probe: { kind: 'running', seconds: 0.05 }, timeoutSeconds: 20 } as const;
const pidOf = async (answer: Promise<string>): Promise<number> => Number((await answer).split(' ')[0]);

describe('a crash', () => {
  it('keeps the socket: a request made while the process is dead is answered by the next one', async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(group(scene.web('1')));
    const first = await pidOf(scene.get());
    process.kill(first, 'SIGSTOP');
    const waiting = pidOf(scene.get());
    await new Promise((resolve) => setImmediate(resolve));
    process.kill(first, 'SIGKILL');
    const second = await waiting;
    expect(second).not.toBe(first);
    expect(scene.processes('serve')).toEqual([second]);
    expect(statSync(scene.socket).mode & 0o777).toBe(0o660);
    expect(supervisor.status()[0]?.services[0]).toMatchObject({ pid: second, restarts: 1 });
  });

  it('takes the workers along that the main process left behind', async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(group({ ...scene.web('1'), command: scene.service('web', ['serve', '3']).command }));
    const first = await pidOf(scene.get());
    await eventually(() => scene.processes('serve').length === 4);
    const before = scene.processes('serve');
    process.kill(first, 'SIGKILL');
    const second = await pidOf(scene.get());
    await eventually(() => scene.processes('serve').length === 4);
    expect(scene.processes('serve').filter((pid) => before.includes(pid))).toEqual([]);
    expect(scene.processes('serve')).toContain(second);
  });

  it('of what has no socket takes along all that it has started', async () => {
    const supervisor = scene.supervisor();
    const stop = { signal: 'SIGTERM', timeoutSeconds: 0.2 } as const;
    await supervisor.reconcile(group(scene.service('worker', ['stubborn'], { stop })));
    await eventually(() => scene.processes('stubborn').length === 3);
    const before = scene.processes('stubborn');
    process.kill(supervisor.status()[0]?.services[0]?.pid ?? 0, 'SIGKILL');
    await eventually(() => scene.processes('stubborn').every((pid) => !before.includes(pid)));
    await eventually(() => scene.processes('stubborn').length === 3);
    expect(supervisor.status()[0]?.services[0]).toMatchObject({ restarts: 1 });
  });

  it('of the main process alone lets its workers finish the requests that they hold', async () => {
    const supervisor = scene.supervisor();
    const go = join(scene.folder, 'go');
    await supervisor.reconcile(group({ ...scene.web('1'), command: scene.service('web', ['prefork', go]).command }));
    const held = scene.get('/slow');
    await eventually(() => scene.log('web').includes('busy'));
    const heard = scene.ear.heard.length;
    process.kill(supervisor.status()[0]?.services[0]?.pid ?? 0, 'SIGKILL');
    await scene.ear.until(went('web', 'ready'), heard);
    writeFileSync(go, '');
    expect(await held).toBe('ok');
    await eventually(() => scene.processes('prefork').length === 2);
  });

  it('in a loop is told, retried with delays, and ends when the cause is fixed', async () => {
    const supervisor = scene.supervisor();
    await expect(
      supervisor.reconcile(
        group(
          scene.service('worker', ['fail'], {
            readiness: { probe: { kind: 'running', seconds: 5 }, timeoutSeconds: 10 },
          }),
        ),
      ),
    ).rejects.toThrow('worker of scene does not become ready');
    const said = await scene.ear.until(went('worker', 'failed'));
    expect(said['reason']).toContain('to be started again in 0.1 s');
    expect(await supervisor.reconcile(group(scene.service('worker', ['wait'])))).toEqual({ changed: ['worker'] });
    expect(supervisor.status()[0]?.services[0]?.state).toBe('ready');
  });
});

describe('a replacement beside the old process', () => {
  it('loses no request of a steady stream, and leaves one process', async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(group(scene.web('0')));
    const end = new AbortController();
    const answers: string[] = [];
    const stream = async (): Promise<void> => {
      while (!end.signal.aborted) answers.push(await scene.get());
    };
    const streams = [stream(), stream(), stream()];
    for (let version = 1; version <= 5; version += 1) {
      expect(await supervisor.reconcile(group(scene.web(String(version))))).toEqual({ changed: ['web'] });
      expect(await scene.get()).toMatch(new RegExp(` ${version}$`));
    }
    end.abort();
    await Promise.all(streams);
    expect(answers.every((answer) => /^\d+ \d$/.test(answer))).toBe(true);
    await eventually(() => scene.processes('serve').length === 1);
  });

  it('that does not become ready is given up, with its last words, and the old one serves on', async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(group(scene.web('1')));
    const first = await pidOf(scene.get());
    const broken = { ...scene.web('2'), command: scene.service('web', ['fail']).command };
    const error = await supervisor.reconcile(group(broken)).catch((thrown: unknown) => thrown);
    if (!(error instanceof ProblemError)) throw new Error(`no problem was told: ${String(error)}`);
    const [problem] = error.problems;
    expect(problem).toMatchObject({
      code: 'service-failed',
      detail: "reading the settings\nKeyError: 'DATABASE_URL'",
      where: { file: join(scene.folder, 'web.log') },
    });
    expect(problem.summary).toContain('ended with code 3');
    expect(problem.cure.join('\n')).toContain('child.py fail');
    expect(await pidOf(scene.get())).toBe(first);
    expect(supervisor.status()[0]?.services[0]?.state).toBe('ready');
  });

  it('that does not become ready leaves the services beside it alone, and those that are to go', async () => {
    const supervisor = scene.supervisor();
    const worker = (version: string): ServiceSpec =>
      scene.service('worker', ['wait'], { environment: { VERSION: version }, readiness: soon });
    const last = scene.service('last', ['wait'], { readiness: soon });
    await supervisor.reconcile(group(scene.web('1'), worker('1'), last));
    const heard = scene.ear.heard.length;
    const bad = { ...scene.web('2'), command: scene.service('web', ['fail']).command };
    await expect(supervisor.reconcile(group(bad, worker('2')))).rejects.toThrow('web of scene does not become ready');
    const changed = scene.ear.heard.slice(heard).filter(({ type }) => type === 'service-changed');
    expect(new Set(changed.map((said) => said['service']))).toEqual(new Set(['web']));
    expect(await supervisor.reconcile(group(scene.web('1'), worker('1'), last))).toEqual({ changed: [] });
  });

  it('is ready before the services beside it are changed', async () => {
    const supervisor = scene.supervisor();
    const worker = (version: string): ServiceSpec =>
      scene.service('worker', ['wait'], { environment: { VERSION: version }, readiness: soon });
    await supervisor.reconcile(
      group(scene.web('1'), worker('1'), scene.service('last', ['wait'], { readiness: soon })),
    );
    const heard = scene.ear.heard.length;
    expect(await supervisor.reconcile(group(worker('2'), scene.web('2')))).toEqual({
      changed: ['worker', 'web', 'last'],
    });
    const steps = scene.ear.heard
      .slice(heard)
      .filter(({ type }) => type === 'service-changed')
      .map((said) => `${String(said['service'])} ${String(said['to'])}`);
    expect(steps.indexOf('web ready')).toBeLessThan(steps.indexOf('worker stopping'));
    expect(steps.indexOf('web ready')).toBeLessThan(steps.indexOf('last stopping'));
    expect((await scene.get()).split(' ')[1]).toBe('2');
  });

  it('drains connections that wait in the old queue before the old process goes', async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(group(scene.web('1')));
    const first = await pidOf(scene.get());
    process.kill(first, 'SIGSTOP');
    const waiting = [scene.get(), scene.get(), scene.get()];
    await supervisor.reconcile(group(scene.web('2')));
    expect(await scene.get()).toMatch(/ 2$/);
    process.kill(first, 'SIGCONT');
    expect((await Promise.all(waiting)).every((answer) => answer === `${first} 1`)).toBe(true);
    await eventually(() => !scene.processes('serve').includes(first));
  });
});

describe('the death of the daemon', () => {
  const hosted = (services: readonly ServiceSpec[]): void =>
    writeFileSync(join(scene.folder, 'groups.json'), JSON.stringify([group(...services)]));

  it('harms nobody: the next one adopts what runs, and starts no second copy', async () => {
    hosted([scene.web('1'), scene.service('worker', ['wait'])]);
    const first = scene.host();
    await Promise.all([first.ear.until(went('web', 'ready')), first.ear.until(went('worker', 'ready'))]);
    const web = await pidOf(scene.get());
    const [worker] = scene.processes('wait');
    first.process.kill('SIGKILL');
    await new Promise((resolve) => first.process.once('exit', resolve));
    expect(await pidOf(scene.get())).toBe(web);

    const second = scene.host();
    expect(await second.ear.until((said) => said.type === 'resumed')).toMatchObject({ adopted: 2 });
    expect(await pidOf(scene.get())).toBe(web);
    expect(scene.processes('serve')).toEqual([web]);
    expect(scene.processes('wait')).toEqual([worker]);

    // It notices the death of a process that is not its child.
    const heard = second.ear.heard.length;
    if (worker !== undefined) process.kill(worker, 'SIGKILL');
    await second.ear.until(went('worker', 'ready'), heard);
    expect(scene.processes('wait')).toHaveLength(1);
    expect(scene.processes('wait')).not.toContain(worker);
  });

  it('in the middle of a replacement leaves one process that serves', async () => {
    hosted([scene.web('1')]);
    const first = scene.host();
    await first.ear.until(went('web', 'ready'));
    first.process.kill('SIGKILL');
    for (let turn = 0; turn < 5; turn += 1) {
      hosted([scene.web(String(turn + 2))]);
      const next = scene.host();
      // Each turn a bit further into the replacement.
      await next.ear.until(
        (said) =>
          said.type === 'service-changed' && (turn % 2 === 0 ? said['to'] === 'starting' : said['from'] === 'starting'),
      );
      next.process.kill('SIGKILL');
      expect(await scene.get()).toMatch(/^\d+ \d$/);
    }
    hosted([scene.web('9')]);
    const last = scene.host();
    await last.ear.until(
      (said) => said.type === 'service-changed' && said['from'] === 'starting' && said['to'] === 'ready',
    );
    await eventually(() => scene.processes('serve').length === 1);
    expect(await scene.get()).toMatch(/ 9$/);
  });

  it('and then of a process with a port and workers: the port is had again', async () => {
    const port = await freePort();
    hosted([
      scene.service('edge', ['serve', '2'], {
        sockets: [{ kind: 'tcp', host: '127.0.0.1', port }],
        passing: 'nginx',
        replace: 'reload',
        readiness: { probe: { kind: 'connect-tcp', host: '127.0.0.1', port }, timeoutSeconds: 20 },
      }),
    ]);
    const first = scene.host();
    await first.ear.until(went('edge', 'ready'));
    const before = await pidOf(scene.get('/', { port }));
    await eventually(() => scene.processes('serve').length === 3);
    first.process.kill('SIGKILL');
    const second = scene.host();
    expect(await second.ear.until((said) => said.type === 'resumed')).toMatchObject({ adopted: 1 });
    const heard = second.ear.heard.length;
    process.kill(before, 'SIGKILL');
    await second.ear.until(went('edge', 'ready'), heard);
    const after = await pidOf(scene.get('/', { port }));
    expect(after).not.toBe(before);
    await eventually(() => scene.processes('serve').length === 3);
  });

  it('between a start and its record leaves a stray, which the next one ends', async () => {
    hosted([scene.service('worker', ['wait'])]);
    const first = scene.host();
    await first.ear.until(went('worker', 'ready'));
    first.process.kill('SIGKILL');
    const [stray] = scene.processes('wait');
    rmSync(join(scene.folder, 'run', 'processes', `${stray}.json`));
    const second = scene.host();
    expect(await second.ear.until((said) => said.type === 'resumed')).toMatchObject({ adopted: 0 });
    await second.ear.until(went('worker', 'ready'));
    expect(scene.processes('wait')).toHaveLength(1);
    expect(scene.processes('wait')).not.toContain(stray);
  });

  it('leaves what was stopped stopped', async () => {
    hosted([scene.service('worker', ['wait'])]);
    const supervisor = scene.supervisor();
    await supervisor.reconcile(group(scene.service('worker', ['wait'])));
    await supervisor.stop('scene', 'worker');
    await supervisor.close({ services: false });
    const next = scene.supervisor();
    await next.resume([group(scene.service('worker', ['wait']))]);
    await next.reconcile(group(scene.service('worker', ['wait'])));
    expect(next.status()[0]?.services[0]).toMatchObject({ state: 'down', pid: null });
    expect(await next.start('scene')).toEqual(['worker']);
    expect(next.status()[0]?.services[0]?.state).toBe('ready');
  });
});

describe('a stop', () => {
  it('of what ignores it ends with SIGKILL to all that it has started', async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(
      group(scene.service('worker', ['stubborn'], { stop: { signal: 'SIGTERM', timeoutSeconds: 0.2 } })),
    );
    await eventually(() => scene.processes('stubborn').length === 3);
    await supervisor.stop('scene');
    await eventually(() => scene.processes('stubborn').length === 0);
    expect(scene.log('worker')).toContain('no\n');
    expect(scene.ear.heard.find(went('worker', 'down'))).toMatchObject({ reason: 'was ended by SIGKILL' });
  });

  it('goes in the reverse of the order of starting', async () => {
    const file = join(scene.folder, 'order');
    const made = (name: string, ...after: readonly string[]): ServiceSpec =>
      scene.service(name, ['order', name, file], {
        after,
        readiness: {
          probe: { kind: 'command', command: ['/bin/grep', '-q', `start ${name}`, file] },
          timeoutSeconds: 20,
        },
      });
    const supervisor = scene.supervisor();
    await supervisor.reconcile(group(made('web', 'database', 'cache'), made('cache', 'database'), made('database')));
    await supervisor.stop('scene');
    expect(readFileSync(file, 'utf8').trim().split('\n')).toEqual([
      'start database',
      'start cache',
      'start web',
      'stop web',
      'stop cache',
      'stop database',
    ]);
  });

  it('of a group that is forgotten leaves no process, socket or record', async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(group(scene.web('1'), scene.service('worker', ['wait'])));
    expect([...(await supervisor.forget('scene'))].toSorted()).toEqual(['web', 'worker']);
    expect(scene.processes()).toEqual([]);
    expect(() => statSync(scene.socket)).toThrow('ENOENT');
    expect(supervisor.status()).toEqual([]);
  });
});

describe('reconciling', () => {
  it('leaves equal services alone, replaces changed ones, and removes those gone', async () => {
    const supervisor = scene.supervisor();
    const [a, b, c] = [scene.service('a', ['wait']), scene.service('b', ['wait']), scene.service('c', ['wait'])];
    expect(await supervisor.reconcile(group(a, b, c))).toEqual({ changed: ['a', 'b', 'c'] });
    const pids = new Map(supervisor.status()[0]?.services.map((service) => [service.name, service.pid]));
    expect(await supervisor.reconcile(group(a, b, c))).toEqual({ changed: [] });
    expect(await supervisor.reconcile(group(a, { ...b, environment: { NEW: '1' } }))).toEqual({ changed: ['b', 'c'] });
    const now = new Map(supervisor.status()[0]?.services.map((service) => [service.name, service.pid]));
    expect(now.get('a')).toBe(pids.get('a'));
    expect(now.get('b')).not.toBe(pids.get('b'));
    expect(now.has('c')).toBe(false);
    expect(scene.processes('wait')).toHaveLength(2);
  });

  it('tells who holds a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const supervisor = scene.supervisor();
    const edge = scene.service('edge', ['serve'], {
      sockets: [{ kind: 'tcp', host: '127.0.0.1', port }],
      passing: 'nginx',
    });
    const error = await supervisor.reconcile(group(edge)).catch((thrown: unknown) => thrown);
    if (!(error instanceof ProblemError)) throw new Error(`no problem was told: ${String(error)}`);
    expect(error.problems[0]).toMatchObject({ code: 'port-taken' });
    expect(error.problems[0].summary).toContain(`(pid ${process.pid})`);
    server.close();
  });

  it('starts what waited for a failed service once that one is back', async () => {
    const supervisor = scene.supervisor();
    const flag = join(scene.folder, 'flag');
    const database = scene.service('database', ['wait'], {
      readiness: { probe: { kind: 'command', command: ['/usr/bin/test', '-e', flag] }, timeoutSeconds: 0.3 },
    });
    await expect(
      supervisor.reconcile(group(database, scene.service('web', ['wait'], { after: ['database'] }))),
    ).rejects.toThrow(/^database of scene does not become ready: it is not ready after \d+\.\d s/);
    expect(supervisor.status()[0]?.services[1]?.state).toBe('down');
    writeFileSync(flag, '');
    await scene.ear.until(went('web', 'ready'));
  });

  it('gives a start up that is answered badly too often, says what was answered, and tries again', async () => {
    const supervisor = scene.supervisor();
    const { probe } = scene.web('one').readiness;
    if (probe.kind !== 'http') throw new Error('a web service is asked by HTTP');
    const web = scene.web('one', { readiness: { probe: { ...probe, expect: 204 }, timeoutSeconds: 60, tries: 3 } });
    await expect(supervisor.reconcile(group(web))).rejects.toThrow(
      'web of scene does not become ready: it answered GET / with 200 3 times',
    );
    // As after any crash: what is wanted up is never given up on. (A first failed start is tried again at once.)
    await scene.ear.until((said) => went('web', 'starting')(said) && said['from'] === 'stopping');
  });

  it('gives a child its sockets, its environment and its niceness, and nothing else', async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(group(scene.web('1'), scene.service('worker', ['wait'], { nice: 5, openFiles: 4096 })));
    const web = await pidOf(scene.get());
    expect(scene.log('web')).toContain(`up ${web} LISTEN_PID=${web} LISTEN_FDS=1 NGINX=None`);
    const environment = readFileSync(`/proc/${web}/environ`, 'utf8')
      .split('\0')
      .map((line) => line.split('=')[0] ?? '');
    expect(new Set(environment)).toEqual(
      new Set(['', 'LISTEN_FDS', 'LISTEN_PID', 'PATH', 'ROADIE_SERVICE', 'VERSION']),
    );
    await eventually(() => scene.log('worker').includes('nice=5'));
    const [worker] = scene.processes('wait');
    expect(readFileSync(`/proc/${worker}/limits`, 'utf8')).toMatch(/Max open files\s+4096/);
  });

  it('reloads with a signal where the spec says so, in the same process', async () => {
    const supervisor = scene.supervisor();
    const web = scene.web('1', { replace: 'reload', reloadSignal: 'SIGHUP' });
    await supervisor.reconcile(group(web));
    const before = await pidOf(scene.get());
    expect(await supervisor.reload('scene')).toEqual(['web']);
    await eventually(() => scene.log('web').includes('reloaded'));
    expect(await supervisor.reconcile(group({ ...web, release: 'two' }))).toEqual({ changed: ['web'] });
    expect(await pidOf(scene.get())).toBe(before);
  });
});
