import { describe, expect, it } from 'vitest';

import type { ProcessRecord } from '../machine/processes/process-records.ts';
import { decideAdoption } from './adoption.ts';
import type { GroupSpec, ServiceSpec } from '../services/service.ts';

const service = (name: string): ServiceSpec => ({ name, group: 'boards' }) as ServiceSpec;
const groups: readonly GroupSpec[] = [{ group: 'boards', folders: [], services: [service('web'), service('worker')] }];
const record = (pid: number, changes: Partial<ProcessRecord> = {}): ProcessRecord => ({
  pid,
  startTime: 1,
  group: 'boards',
  service: 'web',
  fingerprint: 'f',
  sockets: [{ path: '/run/web.sock', bound: `/run/web.sock.${pid}`, inode: pid }],
  ready: true,
  restarts: 0,
  since: pid,
  stop: { signal: 'SIGTERM', timeoutSeconds: 1 },
  ...changes,
});
const liveIs =
  (inode: number) =>
  (socket: ProcessRecord['sockets'][number]): boolean =>
    socket.inode === inode;

describe('decideAdoption', () => {
  it('keeps the process whose socket stands in its place, before and after the rename of a replacement', () => {
    const [old, next] = [record(1), record(2, { ready: false })];
    expect(decideAdoption([old, next], groups, liveIs(1))).toEqual({ adopt: [old], end: [next] });
    expect(decideAdoption([old, next], groups, liveIs(2))).toEqual({ adopt: [next], end: [old] });
  });

  it('keeps the ready one and then the oldest where no socket tells', () => {
    const [starting, ready, younger] = [
      record(1, { sockets: [], ready: false }),
      record(2, { sockets: [] }),
      record(3, { sockets: [] }),
    ];
    expect(decideAdoption([younger, starting, ready], groups, liveIs(0)).adopt).toEqual([ready]);
  });

  it('ends what belongs to no service any more', () => {
    const [gone, worker] = [record(1, { service: 'beat' }), record(2, { service: 'worker' })];
    expect(decideAdoption([gone, worker], groups, liveIs(0))).toEqual({ adopt: [worker], end: [gone] });
  });
});
