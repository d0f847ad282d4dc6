import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { ServiceSpec } from '../services/service.ts';
import { startProblem } from './problems.ts';

const traceback = [
  'Traceback (most recent call last):',
  '  File "/r/code/shop/context.py", line 67, in limits',
  "KeyError: 'TIMEOUT'",
];
const line = (request: string, error: string): string => `ERROR GET / 500 request=${request} release=new ${error}`;
const ours = line('ours', "KeyError: 'TIMEOUT' at shop/context.py:67");
const visitors = line('theirs', 'OSError: gone at shop/old.py:1');
const answered = 'answered GET / with 500 10 times';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync('/tmp/roadie-problems-');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What is told of a start that was given up for `reason`, after these lines. */
function told(reason: string, ...lines: readonly string[]) {
  const path = join(folder, 'web.log');
  writeFileSync(path, `${lines.join('\n')}\n`);
  const spec = { group: 'shop', name: 'web', directory: '/r/code', command: ['/r/bin/serve'], log: { path } };
  return startProblem({
    ready: false,
    reason,
    spec: spec as unknown as ServiceSpec,
    logFrom: 0,
    question: 'ours',
  });
}

test('an answer of 500 is told with the error behind it, not with those that visitors meet meanwhile', async () => {
  expect(await told(answered, visitors, ours, ...traceback, ours, visitors)).toMatchObject({
    summary: "web of shop does not become ready: GET / answered 500: KeyError: 'TIMEOUT' at shop/context.py:67",
    detail: traceback.join('\n'),
    where: { file: 'shop/context.py', line: 67 },
  });
});

test('an error of another answer, or of before the end, is not the reason', async () => {
  for (const [reason, said] of [
    ['answered GET / with 400 10 times', 'it answered GET / with 400 10 times'],
    ['ended with exit code 1', 'it ended with exit code 1'],
  ] as const)
    expect((await told(reason, ours, ...traceback)).summary).toBe(`web of shop does not become ready: ${said}`);
});

test('where the log has nothing with its id, the first traceback is shown', async () => {
  expect(await told(answered, visitors, ...traceback)).toMatchObject({
    summary: `web of shop does not become ready: it ${answered}`,
    detail: traceback.join('\n'),
  });
});
