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
function runner(script: string, patienceMs?: number): JobRunner {
  return new JobRunner({ command: ['sh', '-c', script], events, ...(patienceMs !== undefined && { patienceMs }) });
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
    await lines(runner(`head -n 1 > ${folder}/request; ${done}`), {
      kind: 'env-set',
      site: 'forum',
      values: { KEY: 'canary' },
    });
    expect(JSON.parse(readFileSync(join(folder, 'request'), 'utf8'))).toEqual({
      id: expect.any(String) as unknown,
      turns: true,
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

  test('of one site run one after the other, and the second is told what it would wait for', async () => {
    const jobs = runner(held());
    const second: JobRequest = { kind: 'env-unset', site: 'forum', names: [] };
    expect(jobs.busy(second)).toBeUndefined();
    const order: string[] = [];
    const ends = [jobs.run(deploy, (line) => order.push(`1 ${line.type}`))];
    ends.push(jobs.run(second, (line) => order.push(`2 ${line.type}`)));
    await vi.waitFor(() => expect(order).toContain('1 note'));
    expect(jobs.running).toMatchObject(deploy);
    expect(jobs.busy(second)).toMatchObject({
      code: 'busy',
      summary: expect.stringContaining("'deploy' of the site forum") as unknown,
    });
    writeFileSync(join(folder, 'go'), '');
    await Promise.all(ends);
    expect(order.lastIndexOf('1 job-end')).toBeLessThan(order.indexOf('2 job-started'));
    expect(jobs.busy(second)).toBeUndefined();
  });

  test('that have waited for more than a moment are told for whom', async () => {
    const jobs = runner(held(), 1);
    const told: Line[] = [];
    const first = jobs.run(deploy);
    await vi.waitFor(() => expect(jobs.running).toBeDefined());
    const second = jobs.run({ kind: 'env-unset', site: 'forum', names: [] }, (line) => told.push(line));
    await vi.waitFor(() => expect(told).toHaveLength(1));
    expect(told[0]).toMatchObject({ type: 'note', text: expect.stringContaining("Waits: 'deploy' of the site") });
    writeFileSync(join(folder, 'go'), '');
    await Promise.all([first, second]);
  });

  test.each<JobRequest>([
    { kind: 'plan', site: 'forum' },
    { kind: 'check', site: 'forum' },
    { kind: 'up', source: '/srv/forum', name: 'forum' },
  ])('that only read, as %j does, run beside all others', async (request) => {
    const script = `read line; case $line in *'"deploy"'*) ${held()};; *) ${done};; esac`;
    const jobs = runner(script);
    const first = jobs.run(deploy);
    await vi.waitFor(() => expect(jobs.running).toBeDefined());
    expect(jobs.busy(request)).toBeUndefined();
    expect((await lines(jobs, request)).at(-1)).toMatchObject({ outcome: 'done' });
    expect(jobs.running).toMatchObject(deploy);
    writeFileSync(join(folder, 'go'), '');
    await first;
  });

  /** Asks for its build's turn, which it has until `go` is there, and to go on. */
  const building = `ask() { echo "{\\"type\\":\\"turn\\",\\"turn\\":\\"$1\\"$2}"; read granted; }
    read input; ask build; ${note}`;

  test('of different sites build side by side', async () => {
    const jobs = runner(`${building}; while [ ! -e ${folder}/go ]; do sleep 0.02; done; ask machine; ${done}`);
    let builds = 0;
    const count = (line: Line): void => void (line.type === 'note' && (builds += 1));
    const both = [jobs.run(deploy, count), jobs.run({ kind: 'deploy', site: 'blog' }, count)];
    await vi.waitFor(() => expect(builds).toBe(2));
    expect(jobs.runningOn('blog')).toMatchObject({ site: 'blog' });
    writeFileSync(join(folder, 'go'), '');
    for (const end of await Promise.all(both)) expect(end).toMatchObject({ outcome: 'done' });
    expect(jobs.running).toBeUndefined();
  });

  test('whose site turns out to be at work are refused, or wait', async () => {
    const script = `ask() { echo "{\\"type\\":\\"turn\\",\\"turn\\":\\"$1\\"$2}"; read granted; }
      read input; case $input in *'"deploy"'*) ask build; ${held()};; *) ask site ',"site":"forum"'
      printf '%s\\n' "{\\"type\\":\\"job-end\\",\\"outcome\\":\\"done\\",\\"result\\":$granted}";; esac`;
    const jobs = runner(script);
    const first = jobs.run(deploy);
    await vi.waitFor(() => expect(jobs.running).toBeDefined());
    const nameless: JobRequest = { kind: 'up', source: '/srv/forum', confirmed: 'any' };
    const refused = await jobs.run(nameless, () => undefined, { refuse: true });
    expect(refused).toMatchObject({ result: { busy: { code: 'busy' } } });
    const waits = jobs.run(nameless);
    writeFileSync(join(folder, 'go'), '');
    await first;
    expect(await waits).toMatchObject({ result: {} });
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
