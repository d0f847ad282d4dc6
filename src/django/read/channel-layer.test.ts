import { describe, expect, it } from 'vitest';

import { memoryChannelLayer } from './channel-layer.ts';
import type { SettingsScan } from './scan.ts';

function found(value: unknown): boolean {
  const queueSettings = { CHANNEL_LAYERS: { value, file: 'pond/settings.py', line: 3, conditional: false } };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing else is looked at
  return memoryChannelLayer({ queueSettings } as unknown as SettingsScan) !== undefined;
}

describe('the channel layer', () => {
  it('is one of a single process where the settings say so', () => {
    expect(found({ default: { BACKEND: 'channels.layers.InMemoryChannelLayer' } })).toBe(true);
    expect(found({ default: { BACKEND: 'channels_redis.core.RedisChannelLayer' } })).toBe(false);
    expect(found(null)).toBe(false);
    expect(memoryChannelLayer(undefined)).toBeUndefined();
  });
});
