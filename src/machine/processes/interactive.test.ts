import { expect, test } from 'vitest';

import { runInteractively } from './interactive.ts';

const common = { directory: '/', environment: { PATH: '/usr/bin:/bin' } } as const;

test.each([
  ['the exit code of the command', ['sh', '-c', 'exit 7'], 7],
  ['128 and the number of the signal that ended it', ['sh', '-c', 'kill -TERM $$'], 143],
  ['127 where there is no such command', ['/nonexistent/python'], 127],
] as const)('gives %s', async (_what, command, code) => {
  expect(await runInteractively({ ...common, command: [...command] })).toBe(code);
});

test('the command sees the environment that it is given and nothing else', async () => {
  const command = [
    'sh',
    '-c',
    'test "$(env | grep -v -e ^PWD= -e ^SHLVL= -e ^_= | sort | tr "\\n" " ")" = "A=1 PATH=/usr/bin:/bin "',
  ] as const;
  expect(
    await runInteractively({ ...common, command: [...command], environment: { ...common.environment, A: '1' } }),
  ).toBe(0);
});

test("Ctrl-C is the command's to handle: no listener stays behind", async () => {
  const before = process.listenerCount('SIGINT');
  await runInteractively({ ...common, command: ['true'] });
  expect(process.listenerCount('SIGINT')).toBe(before);
});
