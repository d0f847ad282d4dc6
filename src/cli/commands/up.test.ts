import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { emptyPlan, upEvents, upResult } from '../../../test/rig/canned.ts';
import { daemon, done, refuse, stream } from '../../../test/rig/fake-daemon.ts';
import { cli } from '../../../test/rig/fake-terminal.ts';
import { jobRequestSchema } from '../../contract/jobs.ts';

const busy = { code: 'busy', summary: "'up' of the site shop has been running since 11:58", cure: ['Wait.'] } as const;

const rig = new URL('../../../test/rig', import.meta.url).pathname;

describe('up', () => {
  test('without a terminal and without --yes asks nothing of the daemon and ends with 2', async () => {
    const { socketPath, asked } = await daemon({});
    const { exit, stderr, starts } = await cli(['up', 'shop'], { socketPath });
    expect(exit).toBe(2);
    expect(stderr).toContain('$ roadie up shop --yes');
    expect(asked).toEqual([]);
    expect(starts).toBe(0);
  });

  test('with --json needs --yes on a terminal as well', async () => {
    const { exit, json } = await cli(['up', '--json'], { isTerminal: true });
    expect(exit).toBe(2);
    expect(json()).toMatchObject([{ problems: [{ code: 'confirmation-needed' }] }]);
  });

  test('with --yes sends all options in one job and ends with the URL', async () => {
    const { socketPath, asked } = await daemon({ job: () => stream([...upEvents, done(upResult)]) });
    const ran = await cli(
      [
        'up',
        'rig',
        '--name',
        'boards',
        '--domain',
        'a.example',
        '--domain',
        'b.example',
        '--http-port',
        '8081',
        '--https-port',
        '8444',
        '--ref',
        'v1',
        '--yes',
        '--wait',
      ],
      { socketPath, cwd: join(rig, '..') },
    );
    expect(ran.exit).toBe(0);
    expect(asked.map((one) => [one.query, one.body])).toEqual([
      [
        { wait: '1' },
        {
          kind: 'up',
          source: rig,
          name: 'boards',
          domains: ['a.example', 'b.example'],
          http_port: 8081,
          https_port: 8444,
          ref: 'v1',
          confirmed: 'any',
        },
      ],
    ]);
    expect(jobRequestSchema.safeParse(asked[0]?.body).success).toBe(true);
    expect(ran.stdout).toContain('Plan for boards');
    expect(ran.stdout).toContain('done    Install 3 packages  41 s');
    expect(ran.stdout).toContain('boards is live at https://boards.localhost');
    expect(ran.stdout.indexOf('Plan for')).toBeLessThan(ran.stdout.indexOf('Install 3'));
  });

  test.each([
    ['https://github.com/you/shop.git', 'https://github.com/you/shop.git'],
    ['git@example.org:you/shop.git', 'git@example.org:you/shop.git'],
    ['file:///srv/shop.git', 'file:///srv/shop.git'],
    ['ext::sh -c id', 'ext::sh -c id'],
    ['../rig', rig],
    [rig, rig],
  ])('takes %s for %s', async (typed, sent) => {
    const { socketPath, asked } = await daemon({ job: () => stream([done(upResult)]) });
    await cli(['up', typed, '--yes', '--json'], { socketPath, cwd: join(rig, '../docs') });
    expect(asked[0]?.body).toMatchObject({ source: sent });
  });

  test('tells what is wrong with its options, all at once, and asks nothing of the daemon', async () => {
    const { socketPath, asked } = await daemon({});
    const wrong = ['--name', 'A b', '--domain', 'a.example:80', '--domain', 'x', '--http-port', '99999'];
    const ran = await cli(['up', rig, ...wrong, '--yes', '--json'], { socketPath });
    const codes = ['bad-name', 'bad-domain', 'bad-domain', 'bad-port'].map((code) => ({ code }));
    expect(ran.json()).toMatchObject([{ problems: codes }]);
    const ref = await cli(['up', rig, '--ref=--upload-pack=x', '--yes', '--json'], { socketPath });
    expect(ref.json()).toMatchObject([{ problems: [{ code: 'source-refused' }] }]);
    expect(asked).toEqual([]);
  });

  test('sends domains as DNS knows them', async () => {
    const { socketPath, asked } = await daemon({ job: () => stream([done(upResult)]) });
    await cli(['up', rig, '--domain', 'Bücher.example', '--yes', '--json'], { socketPath });
    expect(asked[0]?.body).toMatchObject({ domains: ['xn--bcher-kva.example'] });
  });

  test('with --json prints one event per line and the result last', async () => {
    const { socketPath } = await daemon({ job: () => stream([...upEvents, done(upResult)]) });
    const ran = await cli(['up', '--yes', '--json'], { socketPath });
    expect(ran.exit).toBe(0);
    expect(ran.json()).toEqual([...upEvents, done(upResult)]);
    expect(ran.stderr).toBe('');
  });

  test('on a terminal shows the plan, asks, and applies what was shown', async () => {
    const shown = { ...upResult, applied: false };
    const { socketPath, asked } = await daemon({
      job: ({ body }) => stream([done((body as { confirmed?: string }).confirmed === undefined ? shown : upResult)]),
    });
    const ran = await cli(['up'], { socketPath, isTerminal: true, answers: ['y'] });
    expect(ran.exit).toBe(0);
    expect(ran.questions).toHaveLength(1);
    expect(ran.stdout).toContain('Plan for boards');
    expect(asked.map((one) => (one.body as { confirmed?: string }).confirmed)).toEqual([undefined, 'f1']);
  });

  test.each([[['n']], [['']], [[]]])(
    'on a terminal with the answer %j changes nothing and ends with 1',
    async (answers) => {
      const { socketPath, asked } = await daemon({ job: () => stream([done({ ...upResult, applied: false })]) });
      const ran = await cli(['up'], { socketPath, isTerminal: true, answers });
      expect(ran.exit).toBe(1);
      expect(asked).toHaveLength(1);
      expect(ran.stdout).toContain('Nothing was changed.');
    },
  );

  test('of a path where nothing is ends with 2 before anything is started', async () => {
    const { exit, stderr, starts } = await cli(['up', '/nonexistent/shop', '--yes']);
    expect([exit, starts]).toEqual([2, 0]);
    expect(stderr).toContain('There is nothing at /nonexistent/shop');
  });

  test('asks nothing where there is nothing to change', async () => {
    const { socketPath } = await daemon({
      job: () => stream([done({ ...upResult, applied: false, plan: emptyPlan })]),
    });
    const ran = await cli(['up'], { socketPath, isTerminal: true });
    expect([ran.exit, ran.questions]).toEqual([0, []]);
    expect(ran.stdout).toContain('Nothing to change: boards is live');
  });

  test('ends a failure with its exit code and problems, as the last line in JSON', async () => {
    const end = {
      type: 'job-end',
      outcome: 'failed',
      problems: [{ code: 'port-taken', summary: 'Port 443 is taken by apache2 (pid 7)', cure: ['Stop it.'] }],
    };
    const { socketPath } = await daemon({ job: () => stream([...upEvents, end]) });
    const human = await cli(['up', '--yes'], { socketPath });
    expect(human.exit).toBe(1);
    expect(human.stderr).toContain('Port 443 is taken by apache2 (pid 7)');
    const forPrograms = await cli(['up', '--yes', '--json'], { socketPath });
    expect([forPrograms.exit, forPrograms.json().at(-1)]).toEqual([1, end]);
  });

  test('while another operation runs ends with 4 and says which', async () => {
    const { socketPath } = await daemon({ job: () => refuse(409, { ...busy, cure: ['Wait.'] }) });
    const { exit, stderr } = await cli(['up', '--yes'], { socketPath });
    expect(exit).toBe(4);
    expect(stderr).toContain(busy.summary);
  });

  test('at Ctrl-C says that the job goes on, and ends with 130', async () => {
    let interrupt = (): void => undefined;
    const { socketPath } = await daemon({
      job: () => {
        const answer = stream(upEvents, { open: true });
        if (answer.kind !== 'events') return answer;
        return {
          kind: 'events',
          stream: (send, gone) =>
            answer.stream((each) => {
              send(each);
              if (each === upEvents.at(-1)) interrupt();
            }, gone),
        };
      },
    });
    const ran = await cli(['up', '--yes'], {
      socketPath,
      onListening: (press) => {
        interrupt = press;
      },
    });
    expect(ran.exit).toBe(130);
    expect(ran.stderr).toContain('goes on in the background');
    expect(ran.stderr).toContain('$ roadie events -f');
  });

  test('whose daemon goes away says that what was done is kept', async () => {
    const { socketPath } = await daemon({ job: () => stream(upEvents) });
    const { exit, stderr } = await cli(['up', '--yes'], { socketPath });
    expect(exit).toBe(3);
    expect(stderr).toContain('what was done is kept');
  });
});
