import { expect, test } from 'vitest';

import { plain } from './style.ts';
import { scheduleView } from './schedule.ts';

const now = Date.parse('2026-05-04T12:00:00Z');

test('each task has a line: when it runs, when it has run, and what came of it', () => {
  const task = {
    site: 'boards',
    every_seconds: 43_200,
    state: 'waits' as const,
    outcome: null,
    last: null,
    result: null,
  };
  const shown = scheduleView(
    [
      { ...task, task: 'certificate', next: '2026-05-04T15:20:00Z' },
      { ...task, task: 'poll', next: null, last: '2026-05-04T11:59:00Z', outcome: 'failed', result: 'gone\u001B[2J' },
      { ...task, task: 'bake', state: 'runs', next: null },
      { ...task, task: 'poll', next: null },
      {
        ...task,
        task: 'prune',
        site: null,
        next: '2026-05-04T11:00:00Z',
        last: '2026-05-03T11:00:00Z',
        outcome: 'done',
        result: '2 deleted',
      },
    ],
    plain,
    now,
  );
  expect(shown.split('\n')).toEqual([
    'TASK         SITE    NEXT           LAST         RESULT',
    'certificate  boards  in 3 h 20 min  -            -',
    'poll         boards  when asked     1 min ago    failed: gone[2J',
    'bake         boards  now            -            -',
    'poll         boards  when asked     -            -',
    'prune        -       in 0 s         1 d 1 h ago  2 deleted',
  ]);
});
