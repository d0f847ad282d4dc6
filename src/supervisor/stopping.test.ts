import { expect, test } from 'vitest';

import { stopSeconds } from './stopping.ts';

test('a process has its drain and its stop to end, and a replacement that has never served next to nothing', () => {
  const stop = { signal: 'SIGTERM', timeoutSeconds: 30 } as const;
  const drain = { command: ['true'], timeoutSeconds: 10 } as const;
  expect(stopSeconds({ stop })).toBe(30);
  expect(stopSeconds({ stop: { ...stop, drain } })).toBe(40);
  expect(stopSeconds({ stop: { ...stop, drain } }, false)).toBe(5);
  expect(stopSeconds({ stop: { ...stop, timeoutSeconds: 2 } }, false)).toBe(2);
});
