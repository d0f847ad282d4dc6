import { describe, expect, test } from 'vitest';

import { upResult } from '../../../test/rig/canned.ts';
import { type Answer, daemon, done, stream, value } from '../../../test/rig/fake-daemon.ts';
import { cli, type Ran } from '../../../test/rig/fake-terminal.ts';
import type { Releases } from '../../contract/releases.ts';

const bake = { release: 'r3', previous: 'r2', until: '2026-05-04T12:00:30Z', verdict: null };
const watched: Releases = {
  site: 'boards',
  live: 'r3',
  releases: [],
  running: null,
  held: null,
  failed: null,
  bake: { release: 'r3', previous: 'r2', until: bake.until, state: 'watched', doubt: null },
  alarms: [],
};
const alarm = {
  since: '2026-05-04T12:00:10Z',
  text: 'Release r3 was given up',
  cure: ['$ roadie deploy boards'],
} as const;
const held = {
  since: alarm.since,
  release: 'r2',
  because: 'it fails',
  given_up: { release: 'r3', revision: 'c3' },
  next: null,
};

/** `deploy boards --wait-bake` while the daemon tells one thing after the other of the releases. */
async function deploy(
  told: readonly Releases[],
  words: readonly string[] = [],
  around: Parameters<typeof cli>[1] = {},
): Promise<Ran> {
  const left = [...told];
  const releases: Answer = () => value(left.length > 1 ? left.shift() : left[0]);
  const { socketPath } = await daemon({ job: () => stream([done({ ...upResult, bake })]), releases });
  return cli(['deploy', 'boards', '--wait-bake', ...words], { socketPath, ...around });
}

describe('`deploy --wait-bake`', () => {
  const over = { ...watched, bake: null };

  test('waits until the release has proven itself', async () => {
    const ran = await deploy([watched, over]);
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toContain('Proven: release r3 stays.');
  });

  test('tells it as part of the result', async () => {
    const { exit, json } = await deploy([watched, over], ['--json']);
    expect(exit).toBe(0);
    expect(json()).toEqual([done({ ...upResult, bake: { ...bake, verdict: 'proven' } })]);
  });

  test('ends with 5 where the release is given up, once the one before is back', async () => {
    const leaving: Releases = { ...watched, live: 'r2', bake: { ...bakeOf(watched), state: 'going-back' } };
    const ran = await deploy([watched, leaving, { ...over, live: 'r2', held, alarms: [alarm] }]);
    expect(ran.exit).toBe(5);
    expect(ran.stderr).toContain('Release r3 was given up');
    expect(ran.stderr).toContain('$ roadie deploy boards');
    const { exit, json } = await deploy([{ ...over, live: 'r2', held, alarms: [alarm] }], ['--json']);
    expect(exit).toBe(5);
    expect(json()).toMatchObject([{ outcome: 'failed', problems: [{ code: 'rolled-back' }] }]);
  });

  test('ends with 5 where the release should be left and cannot', async () => {
    expect((await deploy([{ ...over, alarms: [alarm] }])).exit).toBe(5);
  });

  test('has no verdict where another release came meanwhile', async () => {
    const ran = await deploy([{ ...watched, live: 'r4', bake: { ...bakeOf(watched), release: 'r4', previous: 'r3' } }]);
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain('was replaced by r4');
  });

  test('at Ctrl-C ends the waiting alone', async () => {
    let interrupt = (): void => undefined;
    const around = { onListening: (call: () => void) => (interrupt = call) };
    const answers: Answer = () => {
      interrupt();
      return value(watched);
    };
    const { socketPath } = await daemon({ job: () => stream([done({ ...upResult, bake })]), releases: answers });
    const ran = await cli(['deploy', 'boards', '--wait-bake'], { socketPath, ...around });
    expect(ran.exit).toBe(130);
    expect(ran.stderr).toContain('the watch goes on');
  });

  test('does not wait for a release that is not watched', async () => {
    const { socketPath } = await daemon({ job: () => stream([done(upResult)]) });
    const ran = await cli(['deploy', 'boards', '--wait-bake'], { socketPath });
    expect([ran.exit, ran.stdout]).toEqual([0, expect.stringContaining('nothing to wait for')]);
  });
});

function bakeOf(releases: Releases): NonNullable<Releases['bake']> {
  if (!releases.bake) throw new Error('nothing is watched');
  return releases.bake;
}
