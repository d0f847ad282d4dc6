import { describe, expect, test } from 'vitest';

import { plan, status, upEvents, upResult } from '../../../test/rig/canned.ts';
import { daemon, done, stream } from '../../../test/rig/fake-daemon.ts';
import { cli } from '../../../test/rig/fake-terminal.ts';
import { statusSchema } from '../../contract/status.ts';

describe('looking', () => {
  test('`status --json` is the contract', async () => {
    const { socketPath } = await daemon({});
    const { exit, json } = await cli(['status', '--json'], { socketPath });
    expect(exit).toBe(0);
    expect(statusSchema.parse(json()[0])).toEqual(status);
  });

  test('`status` of one site has that one alone, and knows when there is none of that name', async () => {
    const { socketPath } = await daemon({});
    const { stdout } = await cli(['status', 'shop'], { socketPath });
    expect(stdout).toContain('shop');
    expect(stdout).not.toContain('boards');
    const { exit, stderr } = await cli(['status', 'bords'], { socketPath });
    expect(exit).not.toBe(0);
    expect(stderr).toContain("There is no site 'bords'");
    expect(stderr).toContain('Did you mean boards?');
  });

  test('`plan` shows the plan on standard output and the progress elsewhere', async () => {
    const result = { site: 'boards', plan, overrides: upResult.overrides, notes: [] };
    const { socketPath, asked } = await daemon({
      job: () => stream([...upEvents.filter((event) => event.type !== 'plan-made'), done(result)]),
    });
    const human = await cli(['plan', 'boards'], { socketPath });
    expect(human.exit).toBe(0);
    expect(human.stdout.startsWith('Plan for boards')).toBe(true);
    expect(human.stderr).toContain('Find out what the project is');
    const forPrograms = await cli(['plan', 'boards', '--json'], { socketPath });
    expect(forPrograms.json()).toEqual([result]);
    expect(asked.find((one) => one.endpoint === 'job')?.body).toEqual({ kind: 'plan', site: 'boards' });
  });

  test('`check` ends with 1 where an error is found', async () => {
    const finding = { level: 'error', id: 'x', what: 'DEBUG is on', why: 'It shows secrets.', cure: 'Turn it off.' };
    const { socketPath } = await daemon({ job: () => stream([done({ site: 'boards', findings: [finding] })]) });
    const { exit, stdout } = await cli(['check', 'boards'], { socketPath });
    expect(exit).toBe(1);
    expect(stdout).toContain('Turn it off.');
  });

  test('`events` prints one per line and passes its options on', async () => {
    const { socketPath, asked } = await daemon({ events: () => stream(upEvents) });
    const { exit, json } = await cli(['events', '-f', '-n', '5', '--site', 'boards', '--json'], { socketPath });
    expect([exit, json()]).toEqual([0, upEvents]);
    expect(asked[0]?.query).toEqual({ follow: '1', lines: '5', site: 'boards' });
  });

  test('`logs` of one service are its lines alone', async () => {
    const { socketPath, asked } = await daemon({ logs: () => stream([{ service: 'web', line: 'GET /' }]) });
    const ran = await cli(['logs', 'boards', 'web', '-n', '1'], { socketPath });
    expect([ran.exit, ran.stdout]).toEqual([0, 'GET /\n']);
    expect(asked.at(-1)).toMatchObject({ parameters: { site: 'boards' }, query: { service: 'web', lines: '1' } });
  });

  test('`logs` without a site are those of all, with their names', async () => {
    const { socketPath } = await daemon({
      logs: ({ parameters }) => stream([{ service: 'web', line: `of ${parameters['site']}` }]),
    });
    const { stdout, json } = await cli(['logs', '--json'], { socketPath });
    expect(json()).toEqual([
      { site: 'boards', service: 'web', line: 'of boards' },
      { site: 'shop', service: 'web', line: 'of shop' },
    ]);
    expect(stdout).not.toContain('|');
    expect((await cli(['logs'], { socketPath })).stdout).toContain('boards/web | of boards');
  });

  test('`logs -f` ends at Ctrl-C', async () => {
    let interrupt = (): void => undefined;
    const { socketPath } = await daemon({
      logs: () => ({
        kind: 'events',
        stream: async (send, gone) => {
          send({ service: 'web', line: 'x' });
          interrupt();
          if (!gone.aborted) await new Promise<void>((resolve) => gone.addEventListener('abort', () => resolve()));
        },
      }),
    });
    const ran = await cli(['logs', 'boards', '-f'], {
      socketPath,
      onListening: (press) => {
        interrupt = press;
      },
    });
    expect(ran.exit).toBe(130);
  });

  test('an unknown site and an unknown service name the nearest', async () => {
    const { socketPath } = await daemon({});
    const site = await cli(['logs', 'bords'], { socketPath });
    expect([site.exit, site.stderr]).toEqual([2, expect.stringContaining('Did you mean boards?')]);
    const job = await cli(['plan', 'bords'], { socketPath });
    expect([job.exit, job.stderr]).toEqual([2, expect.stringContaining('Did you mean boards?')]);
    const service = await cli(['restart', 'boards', 'wbe'], { socketPath });
    expect([service.exit, service.stderr]).toEqual([2, expect.stringContaining('Did you mean web?')]);
  });

  test('`inspect` needs no daemon and shows what is missing as a problem', async () => {
    const { exit, stderr, starts } = await cli(['inspect']);
    expect([exit, starts]).toEqual([1, 0]);
    expect(stderr).toContain('No Django project was found');
  });
});
