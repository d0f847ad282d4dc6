import { beforeEach, expect, test } from 'vitest';

import { HeldClock } from '../../test/rig/held-clock.ts';
import type { NewEvent } from '../contract/events.ts';
import type { OpenPort } from './open-ports.ts';
import { PortWatch } from './port-watch.ts';

let clock: HeldClock;
let said: NewEvent[];
let open: OpenPort[];
let looks: number;
let watch: PortWatch;
beforeEach(() => {
  clock = new HeldClock();
  said = [];
  open = [];
  looks = 0;
  watch = new PortWatch({
    clock,
    emit: (event) => said.push(event),
    look: () => {
      looks += 1;
      return open;
    },
  });
});

const port = (pid: number): OpenPort => ({
  group: 'ada',
  service: 'web',
  address: '0.0.0.0',
  port: 8000,
  uid: 990,
  inode: String(pid),
  pid,
  program: 'python',
});

test('looks every 30 to 50 seconds', () => {
  clock.pass(29_999);
  expect(looks).toBe(0);
  clock.pass(1);
  expect(looks).toBe(1);
  for (let turn = 0; turn < 10; turn += 1) clock.pass(50_000);
  expect(looks).toBe(11);
});

test('tells of a port once when it comes and once when it is gone, whoever holds it meanwhile', () => {
  open = [port(5), port(6)];
  clock.pass(30_000);
  expect(said).toMatchObject([{ type: 'note', level: 'warning', site: 'ada' }]);
  expect(said[0]).toHaveProperty('text', expect.stringContaining('0.0.0.0:8000: python (pid 5, web)'));
  open = [port(7)];
  clock.pass(50_000);
  expect(said).toHaveLength(1);
  expect(watch.openPorts('ada')).toMatchObject([{ pid: 7 }]);
  expect(watch.openPorts('bob')).toEqual([]);
  open = [];
  clock.pass(50_000);
  expect(said.at(-1)).toMatchObject({ level: 'info', text: 'Nobody listens on 0.0.0.0:8000 any more' });
  expect(watch.openPorts('ada')).toEqual([]);
});

test('looks soon after a service became ready, and not later than it would have', () => {
  watch.soon();
  clock.pass(3000);
  expect(looks).toBe(1);
  clock.pass(29_000);
  watch.soon();
  watch.soon();
  clock.pass(3000);
  expect(looks).toBe(2);
});

test('ends', () => {
  watch.close();
  watch.soon();
  clock.pass(100_000);
  expect(looks).toBe(0);
});
