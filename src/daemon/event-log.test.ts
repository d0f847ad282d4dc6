import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { HeldClock } from '../../test/rig/held-clock.ts';
import type { NewEvent, RoadieEvent } from '../contract/events.ts';
import { EventLog } from './event-log.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync('/tmp/roadie-events-');
  path = join(folder, 'events.jsonl');
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

function note(text: string, site?: string): NewEvent {
  return { type: 'note', level: 'info', text, ...(site !== undefined && { site }) };
}

const texts = (events: readonly RoadieEvent[]): string[] =>
  events.map((event) => (event.type === 'note' ? event.text : event.type));

test('what happens is stamped with the time, kept and told', async () => {
  const log = new EventLog(path, new HeldClock(Date.parse('2026-01-02T03:04:05Z')));
  const heard: RoadieEvent[] = [];
  const ending = new AbortController();
  const following = log.follow((event) => heard.push(event), ending.signal);
  log.emit(note('one'));
  ending.abort();
  await following;
  log.emit(note('two'));
  expect(heard).toEqual([{ ...note('one'), time: '2026-01-02T03:04:05.000Z' }]);
  expect(await log.last(10)).toHaveLength(2);
});

test('the last events come oldest first, of one site where it is named, also those of the daemon before', async () => {
  const log = new EventLog(path, new HeldClock());
  for (const [text, site] of [['a'], ['b', 'forum'], ['c', 'blog'], ['d', 'forum']] as const)
    log.emit(note(text, site));
  expect(texts(await new EventLog(path, new HeldClock()).last(2))).toEqual(['c', 'd']);
  expect(texts(await log.last(10, 'forum'))).toEqual(['b', 'd']);
  expect(await log.last(0)).toEqual([]);
});

test('a line that the daemon was killed in counts as absent, and takes no other with it', async () => {
  new EventLog(path, new HeldClock()).emit(note('one'));
  appendFileSync(path, readFileSync(path, 'utf8').slice(0, 20));
  const log = new EventLog(path, new HeldClock());
  log.emit(note('two'));
  expect(texts(await log.last(10))).toEqual(['one', 'two']);
});

test('a listener that throws keeps nobody else from hearing', () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const log = new EventLog(path, new HeldClock());
  const heard: string[] = [];
  const never = new AbortController().signal;
  void log.follow(() => {
    throw new Error('a bug');
  }, never);
  void log.follow((event) => heard.push(event.type), never);
  expect(() => log.emit(note('one'))).not.toThrow();
  expect(heard).toEqual(['note']);
  expect(String(said.mock.calls[0]?.[0])).toContain('a bug');
});

test('who follows after the end is let go at once', async () => {
  const log = new EventLog(path, new HeldClock());
  await expect(log.follow(() => undefined, AbortSignal.abort())).resolves.toBeUndefined();
});
