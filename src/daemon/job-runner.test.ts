import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { HeldClock } from '../../test/rig/held-clock.ts';
import type { RoadieEvent } from '../contract/events.ts';
import type { JobRequest } from '../contract/jobs.ts';
import type { JobEnd } from '../contract/results.ts';
import { EventLog } from './event-log.ts';
import { JobRunner } from './job-runner.ts';

type Line = RoadieEvent | JobEnd;

let folder: string;
let events: EventLog;
beforeEach(() => {
  folder = mkdtempSync('/tmp/roadie-jobs-');
  events = new EventLog(join(folder, 'events.jsonl'), new HeldClock());
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** A runner whose jobs are that shell script. */
function runner(script: string): JobRunner {
  return new JobRunner({ command: ['sh', '-c', script], events });
}

const deploy: JobRequest = { kind: 'deploy', site: 'forum' };

async function lines(jobs: JobRunner, request: JobRequest): Promise<readonly Line[]> {
  const all: Line[] = [];
  await jobs.run(request, (line) => all.push(line));
  return all;
}

const types = (all: readonly Line[]): string[] => all.map((line) => line.type);
const done = `printf '%s\\n' '{"type":"job-end","outcome":"done","result":{}}'`;
const note = `printf '%s\\n' '{"type":"note","level":"info","text":"working","time":"2026-01-01T00:00:00Z"}'`;

describe('a job', () => {
  test('is told from its start to its end, and what happens in it is kept', async () => {
    const all = await lines(runner(`${note}; ${done}`), deploy);
    expect(types(all)).toEqual(['job-started', 'note', 'job-finished', 'job-end']);
    expect(all[0]).toMatchObject({ kind: 'deploy', site: 'forum' });
    expect(all.at(-1)).toMatchObject({ outcome: 'done' });
    expect(types(await events.last(10))).toEqual(['job-started', 'note', 'job-finished']);
  });

  test('is given its id and the request, on its standard input', async () => {
    await lines(runner(`cat > ${folder}/request; ${done}`), {
      kind: 'env-set',
      site: 'forum',
      values: { KEY: 'canary' },
    });
    expect(JSON.parse(readFileSync(join(folder, 'request'), 'utf8'))).toEqual({
      id: expect.any(String) as unknown,
      request: { kind: 'env-set', site: 'forum', values: { KEY: 'canary' } },
    });
    expect(JSON.stringify(await events.last(10))).not.toContain('canary');
  });

  test('that ends without a word is a bug with its exit code, that somebody killed a problem with a way on', async () => {
    expect((await lines(runner('exit 7'), deploy)).at(-1)).toMatchObject({
      outcome: 'failed',
      problems: [{ code: 'bug', detail: expect.stringContaining('7') as unknown }],
    });
    expect((await lines(runner('kill -KILL $$'), deploy)).at(-1)).toMatchObject({
      outcome: 'failed',
      problems: [{ code: 'job-killed' }],
    });
  });

  test('may print what is no event', async () => {
    const all = await lines(runner(`echo 'Segmentation fault'; echo '{'; ${done}`), deploy);
    expect(types(all)).toEqual(['job-started', 'job-finished', 'job-end']);
  });

  test('goes on when whoever listens fails', async () => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const jobs = runner(`${note}; touch ${folder}/made; ${done}`);
    await jobs.run(deploy, () => {
      throw new Error('hung up');
    });
    expect(existsSync(join(folder, 'made'))).toBe(true);
    expect(types(await lines(jobs, deploy)).at(-1)).toBe('job-end');
  });

  test.each<readonly [JobRequest, string | undefined]>([
    [deploy, 'forum'],
    [{ kind: 'up', source: '/srv/forum', name: 'forum' }, 'forum'],
    [{ kind: 'up', source: '/srv/forum' }, undefined],
    [{ kind: 'deploy-key', address: 'git@example.org:me/forum.git', rotate: false, forget_host: false }, undefined],
  ])('of the request %j tells which site it is about, where the request says so', async (request, site) => {
    const [started] = await lines(runner(done), request);
    expect(started).toEqual(expect.objectContaining({ type: 'job-started', kind: request.kind, title: request.kind }));
    expect(started && 'site' in started ? started.site : undefined).toBe(site);
  });

  test('that cannot be begun has an end, and the next one has its turn', async () => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const jobs = runner(done);
    const round: JobRequest & { self?: unknown } = { ...deploy };
    round.self = round;
    expect((await lines(jobs, round)).at(-1)).toMatchObject({ type: 'job-end', problems: [{ code: 'bug' }] });
    expect(jobs.running).toBeUndefined();
    expect((await lines(jobs, deploy)).at(-1)).toMatchObject({ outcome: 'done' });
  });
});

describe('several jobs', () => {
  /** Runs until the file `go` is there. */
  const held = (): string => `${note}; while [ ! -e ${folder}/go ]; do sleep 0.02; done; ${done}`;

  test('run one after the other, and the second is told what it would wait for', async () => {
    const jobs = runner(held());
    expect(jobs.busy()).toBeUndefined();
    const order: string[] = [];
    const first = jobs.run(deploy, (line) => order.push(`1 ${line.type}`));
    const second = jobs.run({ kind: 'check', site: 'blog' }, (line) => order.push(`2 ${line.type}`));
    await vi.waitFor(() => expect(order).toContain('1 note'));
    expect(jobs.running).toMatchObject(deploy);
    expect(jobs.busy()).toMatchObject({
      code: 'busy',
      summary: expect.stringContaining("'deploy' of the site forum") as unknown,
    });
    writeFileSync(join(folder, 'go'), '');
    await Promise.all([first, second]);
    expect(order.lastIndexOf('1 job-end')).toBeLessThan(order.indexOf('2 job-started'));
    expect(jobs.busy()).toBeUndefined();
  });

  test('are sixteen at most', async () => {
    const jobs = runner(held());
    const waiting = Array.from({ length: 16 }, () => jobs.run(deploy, () => undefined));
    expect((await lines(jobs, deploy)).at(-1)).toMatchObject({ problems: [{ code: 'busy' }] });
    writeFileSync(join(folder, 'go'), '');
    await Promise.all(waiting);
    expect((await lines(jobs, deploy)).at(-1)).toMatchObject({ outcome: 'done' });
  });
});
