import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { canConnect } from '../../src/machine/network/http-probe.ts';
import { ProblemError } from '../../src/problems/problem.ts';
import type { GroupSpec, ServiceSpec } from '../../src/services/service.ts';
import { freePort } from '../rig/free-port.ts';
import { Scene, went } from '../rig/supervised/scene.ts';

let scene: Scene;
let port: number;
beforeEach(async () => {
  scene = new Scene();
  port = await freePort();
});
afterEach(() => scene.end());

const group = (...services: readonly ServiceSpec[]): GroupSpec => ({ group: 'scene', folders: [], services });
const opening = (where: string, name = 'OPEN'): Partial<ServiceSpec> => ({
  environment: { PATH: '/usr/bin:/bin', VERSION: '2', [name]: where },
});

/** Whether anybody listens on this machine's loopback, which 0.0.0.0 includes. */
const answers = (): Promise<boolean> => canConnect({ host: '127.0.0.1', port }, 2000);

async function refusal(reconciling: Promise<unknown>): Promise<ProblemError['problems'][0]> {
  const error: unknown = await reconciling.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (error instanceof ProblemError) return error.problems[0];
  throw new Error(`it was not refused: ${String(error)}`);
}

describe('a release that listens for everybody', () => {
  it('is refused with the name of the process, and the one before serves on', async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(group(scene.web('1')));
    const problem = await refusal(supervisor.reconcile(group(scene.web('2', opening(`0.0.0.0:${port}`)))));
    expect(problem).toMatchObject({ code: 'listens-publicly' });
    expect(problem.summary).toMatch(new RegExp(`on 0\\.0\\.0\\.0:${port}: child\\.py \\(pid \\d+, web\\)$`));
    expect(problem.cure.join('\n')).toContain(`listen = [${port}]`);
    expect(await scene.get()).toMatch(/ 1$/);
    await expect.poll(answers).toBe(false);
  });

  it('is refused at the first start as well, and is not started again by itself', async () => {
    const supervisor = scene.supervisor();
    const problem = await refusal(supervisor.reconcile(group(scene.web('2', opening(`0.0.0.0:${port}`)))));
    expect(problem.code).toBe('listens-publicly');
    await expect.poll(() => supervisor.status()[0]?.services[0]?.state).toBe('down');
    expect(await answers()).toBe(false);
  });

  it('does not get away with it by a process that leaves its session', async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(group(scene.web('1')));
    const apart = scene.web('2', opening(`0.0.0.0:${port}`, 'OPEN_APART'));
    expect((await refusal(supervisor.reconcile(group(apart)))).code).toBe('listens-publicly');
    expect(await scene.get()).toMatch(/ 1$/);
  });

  it('goes live where the owner allows the port, and where it is on loopback', async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(group(scene.web('1')));
    await supervisor.reconcile(group(scene.web('2', { ...opening(`0.0.0.0:${port}`), listen: [port] })));
    expect(await scene.get()).toMatch(/ 2$/);
    expect(await answers()).toBe(true);
    const other = await freePort();
    await supervisor.reconcile(group(scene.web('3', opening(`127.0.0.1:${other}`))));
    expect(supervisor.openPorts('scene')).toEqual([]);
  });

  it('of a worker is refused, and the worker of the release before comes back though it listens too', async () => {
    const supervisor = scene.supervisor();
    const quiet = group(scene.service('worker', ['wait']));
    await supervisor.reconcile(quiet);
    const loud = group(scene.service('worker', ['wait'], opening(`0.0.0.0:${port}`)));
    expect((await refusal(supervisor.reconcile(loud))).summary).toContain('worker)');
    await supervisor.reconcile(quiet);
    expect(supervisor.status()[0]?.services[0]?.state).toBe('ready');
    expect(await answers()).toBe(false);
  });
});

describe('a site that listens for everybody', () => {
  it('is started again at boot with an alarm, since nothing would serve otherwise', async () => {
    const supervisor = scene.supervisor();
    await supervisor.resume([group(scene.web('2', opening(`0.0.0.0:${port}`)))]);
    const said = await scene.ear.until(({ type, level }) => type === 'note' && level === 'warning');
    expect(said['text']).toMatch(
      new RegExp(`^Listens for everybody on 0\\.0\\.0\\.0:${port}: child\\.py \\(pid \\d+, web\\)`),
    );
    expect(said['site']).toBe('scene');
    expect(supervisor.openPorts('scene')).toMatchObject([{ address: '0.0.0.0', port, service: 'web' }]);
    expect(await scene.get()).toMatch(/ 2$/);
  });

  it('that has never been live is not started by a reboot either', async () => {
    const supervisor = scene.supervisor();
    await supervisor.resume([group(scene.web('2', opening(`0.0.0.0:${port}`)))], new Set());
    await scene.ear.until(went('web', 'down'));
    await expect.poll(answers).toBe(false);
  });
});
