import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Confiner } from '../../src/machine/bounds/confiner.ts';
import type { GroupSpec, ServiceSpec } from '../../src/services/service.ts';
import { eventually, Scene, went } from '../rig/supervised/scene.ts';
import { freePort } from '../rig/free-port.ts';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.end());

const group = (...services: readonly ServiceSpec[]): GroupSpec => ({ group: 'scene', folders: [], services });
const pidOf = async (answer: Promise<string>): Promise<number> => Number((await answer).split(' ')[0]);

describe('sockets of an adopted process', () => {
  const hosted = (...services: readonly ServiceSpec[]): void =>
    writeFileSync(join(scene.folder, 'groups.json'), JSON.stringify([group(...services)]));

  async function secondDaemon(service: string): Promise<ReturnType<Scene['host']>> {
    const first = scene.host();
    await first.ear.until(went(service, 'ready'));
    first.process.kill('SIGKILL');
    await new Promise((resolve) => first.process.once('exit', resolve));
    const second = scene.host();
    await second.ear.until((said) => said.type === 'regained');
    return second;
  }

  it('are had back from it: whoever asks while a dead process is replaced is answered, over TCP', async () => {
    const port = await freePort();
    hosted(
      scene.service('edge', ['serve', '2'], {
        sockets: [{ kind: 'tcp', host: '127.0.0.1', port }],
        passing: 'nginx',
        replace: 'reload',
        readiness: { probe: { kind: 'connect-tcp', host: '127.0.0.1', port }, timeoutSeconds: 20 },
      }),
    );
    await secondDaemon('edge');
    const before = await pidOf(scene.get('/', { port }));
    process.kill(before, 'SIGSTOP');
    const waiting = [scene.get('/', { port }), scene.get('/', { port })].map(pidOf);
    for (const pid of scene.processes('serve')) process.kill(pid, 'SIGKILL');
    const during = [scene.get('/', { port }), scene.get('/', { port })].map(pidOf);
    const after = await Promise.all([...waiting, ...during]);
    expect(new Set(after).size).toBe(1);
    expect(after).not.toContain(before);
  });

  it('are had back from it over a unix socket, in its place and with its mode, without a new process', async () => {
    hosted(scene.web('1'));
    const { ear } = await secondDaemon('web');
    const before = await pidOf(scene.get());
    expect(scene.processes('serve')).toEqual([before]);
    process.kill(before, 'SIGSTOP');
    const waiting = pidOf(scene.get());
    await new Promise((resolve) => setImmediate(resolve));
    process.kill(before, 'SIGKILL');
    const after = await waiting;
    expect(after).not.toBe(before);
    await ear.until((said) => went('web', 'ready')(said) && said['pid'] === after);
    // And the socket that was had back can be replaced like any other.
    expect(await pidOf(scene.get())).toBe(after);
  });

  it('come back by a replacement beside the old process where the machine does not give them', async () => {
    const first = scene.supervisor();
    await first.reconcile(group(scene.web('1')));
    const before = await pidOf(scene.get());
    await scene.leave(first);
    const heard = scene.ear.heard.length;
    const second = scene.supervisor({ regainSockets: (held) => Promise.resolve(held.map(() => undefined)) });
    expect(await second.resume([group(scene.web('1'))])).toEqual({ adopted: 1 });
    await scene.ear.until((said) => went('web', 'ready')(said) && said['pid'] !== before, heard);
    await eventually(() => scene.processes('serve').length === 1);
    expect(scene.processes('serve')).not.toContain(before);
  });
});

describe('a service that hangs', () => {
  const lively = (name: string, liveness: ServiceSpec['liveness']): ServiceSpec => ({
    ...scene.web('1'),
    command: scene.service('web', [name, ...(name === 'serve' ? ['2'] : [])]).command,
    ...(liveness && { liveness }),
  });
  const quick = { intervalSeconds: 0.5, timeoutSeconds: 0.3, failures: 2 };
  const question = () => ({ socket: scene.socket, path: '/', host: 'scene.localhost', headers: {} });

  it('because SIGSTOP holds its main process is replaced, and who waits is answered', async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(group(lively('serve', quick)));
    const before = await pidOf(scene.get());
    process.kill(before, 'SIGSTOP');
    const after = await pidOf(scene.get());
    expect(after).not.toBe(before);
    expect(scene.ear.heard.map((said) => said['text'])).toContain(
      'web is stopped by SIGSTOP: it is killed and started again.',
    );
    await eventually(() => scene.processes('serve').length === 3);
  });

  it('and has answered before is replaced', async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(group(lively('deaf', { ...quick, probe: question() })));
    const before = scene.processes('deaf');
    const heard = scene.ear.heard.length;
    await scene.get();
    await scene.ear.until((said) => said.type === 'note', heard);
    await scene.ear.until(went('web', 'ready'), heard);
    expect(scene.processes('deaf')).not.toEqual(before);
  });
});

describe('a process that was replaced and is kept', () => {
  const worker = (version: string): ServiceSpec =>
    scene.service('worker', ['wait'], { environment: { VERSION: version } });
  const stage = (version: string): GroupSpec => group(scene.web(version, { release: version }), worker(version));

  it('comes back at once under a steady stream, and nobody is refused', async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(stage('1'));
    process.kill(await pidOf(scene.get()), 'SIGKILL');
    const first = await pidOf(scene.get());
    const end = new AbortController();
    const answers: string[] = [];
    const stream = async (): Promise<void> => {
      while (!end.signal.aborted) answers.push(await scene.get());
    };
    const streams = [stream(), stream(), stream()];
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await supervisor.reconcile(stage('2'), { keepSeconds: 3600 })).toEqual({ changed: ['web', 'worker'] });
      expect(await scene.get()).toMatch(/ 2$/);
      expect(scene.processes('serve')).toContain(first);
      expect(await supervisor.reconcile(stage('1'))).toEqual({ changed: ['web', 'worker'] });
      expect(await scene.get()).toBe(`${first} 1`);
    }
    // Crashes of long ago do not come back with the process.
    expect(supervisor.status()[0]?.services[0]?.restarts).toBe(0);
    end.abort();
    await Promise.all(streams);
    expect(answers.every((answer) => /^\d+ [12]$/.test(answer))).toBe(true);
    await eventually(() => scene.processes('serve').length === 1);
    expect(readdirSync(join(scene.folder, 'run')).filter((name) => name.startsWith('web'))).toEqual(['web.sock']);
    // What came back is kept up like any other.
    process.kill(first, 'SIGKILL');
    expect(await pidOf(scene.get())).not.toBe(first);
  });

  it('can be asked beside the one that serves, for as long as it is there', async () => {
    const supervisor = scene.supervisor();
    const ask = (release: string, path: string) => supervisor.ask('scene', release, path, 5000);
    await supervisor.reconcile(stage('1'));
    const first = await pidOf(scene.get());
    expect(await ask('1', '/only-1')).toBe(200);
    expect(await ask('2', '/')).toBeUndefined();
    await supervisor.reconcile(stage('2'), { keepSeconds: 3600 });
    expect([await ask('2', '/only-2'), await ask('2', '/only-1')]).toEqual([200, 404]);
    expect([await ask('1', '/only-1'), await ask('1', '/only-2')]).toEqual([200, 404]);
    process.kill(first, 'SIGSTOP');
    expect(await supervisor.ask('scene', '1', '/', 200)).toBe('silent');
    process.kill(first, 'SIGKILL');
    await scene.ear.until((said) => went('web', 'down')(said));
    expect(await ask('1', '/')).toBeUndefined();
    expect(await supervisor.ask('nowhere', '2', '/', 5000)).toBeUndefined();
  });

  it('goes when its time is over', async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(stage('1'));
    const first = await pidOf(scene.get());
    await supervisor.reconcile(stage('2'), { keepSeconds: 0.5 });
    expect(scene.processes('serve')).toContain(first);
    await eventually(() => !scene.processes('serve').includes(first));
    await eventually(
      () => readdirSync(join(scene.folder, 'run')).filter((name) => name.startsWith('web')).length === 1,
    );
    await supervisor.reconcile(stage('1'));
    expect(await scene.get()).toMatch(/ 1$/);
  });

  it('is not started again where it dies, and going back then starts a new one', async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(stage('1'));
    const first = await pidOf(scene.get());
    await supervisor.reconcile(stage('2'), { keepSeconds: 3600 });
    process.kill(first, 'SIGKILL');
    await scene.ear.until((said) => went('web', 'down')(said));
    expect(scene.processes('serve')).toHaveLength(1);
    await supervisor.reconcile(stage('1'));
    expect(await scene.get()).toMatch(/ 1$/);
    await eventually(() => scene.processes('serve').length === 1);
  });

  it('makes room for the next one that is kept, and goes with a stop', async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(stage('1'));
    const first = await pidOf(scene.get());
    await supervisor.reconcile(stage('2'), { keepSeconds: 3600 });
    const second = await pidOf(scene.get());
    await supervisor.reconcile(stage('3'), { keepSeconds: 3600 });
    await eventually(() => !scene.processes('serve').includes(first));
    await supervisor.reconcile(stage('2'));
    expect(await pidOf(scene.get())).toBe(second);
    await supervisor.reconcile(stage('4'), { keepSeconds: 3600 });
    await supervisor.stop('scene');
    expect(scene.processes()).toEqual([]);
  });

  it('is ended by the next daemon, and the one that serves goes on', async () => {
    const first = scene.supervisor();
    await first.reconcile(stage('1'));
    await first.reconcile(stage('2'), { keepSeconds: 3600 });
    const serving = await pidOf(scene.get());
    await scene.leave(first);
    const second = scene.supervisor();
    expect(await second.resume([stage('2')])).toEqual({ adopted: 2 });
    await eventually(() => scene.processes('serve').length === 1);
    expect(await pidOf(scene.get())).toBe(serving);
    await eventually(
      () => readdirSync(join(scene.folder, 'run')).filter((name) => name.startsWith('web')).length === 1,
    );
  });
});

describe('a flood of log lines', () => {
  it('does not hold up who writes it, stays within the cap, and is said to be incomplete', async () => {
    const supervisor = scene.supervisor();
    const done = join(scene.folder, 'done');
    const log = { path: join(scene.folder, 'worker.log'), maxBytes: 1_000_000, keep: 2 };
    await supervisor.reconcile(group(scene.service('worker', ['flood', '300', '200', done], { log })));
    await eventually(() => existsSync(done));
    const logs = (): readonly string[] => readdirSync(scene.folder).filter((name) => name.startsWith('worker.log'));
    const size = (name: string): number => statSync(join(scene.folder, name)).size;
    // Each old log has at most twice its size, and a line that says what is missing.
    await eventually(() => size('worker.log') <= log.maxBytes);
    expect(logs().toSorted()).toEqual(['worker.log', 'worker.log.1', 'worker.log.2']);
    for (const old of ['worker.log.1', 'worker.log.2']) expect(size(old)).toBeLessThan(2 * log.maxBytes + 200);
    const texts = logs().map((name) => readFileSync(join(scene.folder, name), 'utf8'));
    expect(texts.some((text) => /^\[\d+ bytes before this are lost/m.test(text))).toBe(true);
  });
});

describe('a service above its memory limit', () => {
  it('is replaced beside the old process: nobody is refused', { timeout: 90_000 }, async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(group(scene.web('1', { memoryLimitBytes: 1024 * 1024 })));
    const before = await pidOf(scene.get());
    const heard = scene.ear.heard.length;
    const note = await scene.ear.until((said) => said.type === 'note', heard);
    expect(note['text']).toMatch(/^web uses \d+ MB of memory, more than its 1 MB: it is replaced\.$/);
    await scene.ear.until((said) => went('web', 'ready')(said) && said['pid'] !== before, heard);
    expect(await pidOf(scene.get())).not.toBe(before);
  });
});

describe('a service that was killed', () => {
  it.each(['sessions', 'control groups'] as const)(
    'starts again once all that it has left has ended, which holds its locks until then: by %s',
    async (means) => {
      const confiner = new Confiner({ base: join(scene.folder, 'base'), run: join(scene.folder, 'run') });
      const grouped = means === 'control groups' && confiner.groups.available;
      const options = grouped ? { confiner } : {};
      const supervisor = scene.supervisor(options);
      const heavy = scene.service('database', ['heavy', '150']).command.map((word) => `'${word}'`);
      // As a database does: the main process and its children have one lock, and a second copy refuses to start beside any of them.
      const script = `exec 9>>"$0/lock"; flock -n 9 || { echo held; exit 1; }
        for _ in 1 2 3; do ${grouped ? 'setsid ' : ''}${heavy.join(' ')} & done; wait`;
      const user = { uid: 0, gid: 0, name: 'root' };
      const database = scene.service('database', [], {
        command: ['/bin/sh', '-c', script, scene.folder],
        ...(grouped && { user }),
      });
      await supervisor.reconcile(group(database));
      const up = (): number => scene.log('database').split('up ').length - 1;
      await eventually(() => up() === 3);
      const before = scene.processes('heavy');
      process.kill(supervisor.status()[0]?.services[0]?.pid ?? 0, 'SIGKILL');
      await eventually(() => up() === 6);
      expect(scene.log('database')).not.toContain('held');
      expect(scene.processes('heavy').filter((pid) => before.includes(pid))).toEqual([]);
      expect(supervisor.status()[0]?.services[0]).toMatchObject({ restarts: 1 });
      // And so does the next daemon, which finds the main process gone.
      const { pid } = supervisor.status()[0]?.services[0] ?? {};
      await scene.leave(supervisor);
      process.kill(pid ?? 0, 'SIGKILL');
      const next = scene.supervisor(options);
      await next.resume([group(database)]);
      await eventually(() => up() === 9);
      expect(scene.log('database')).not.toContain('held');
      await next.stop('scene');
      expect(scene.processes('heavy')).toEqual([]);
    },
  );
});
