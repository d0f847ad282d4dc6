import type { Evidence } from '../facts.ts';
import type { SettingsScan } from './scan.ts';

/** Channels' layer within one process: messages between visitors whom different processes serve are lost. */
export const memoryLayer = /(?:^|\.)InMemoryChannelLayer$/;

/** Where the settings choose it; undefined where they choose another, none, or nobody can tell. */
export function memoryChannelLayer(settings: SettingsScan | undefined): Evidence | undefined {
  const layers = settings?.queueSettings['CHANNEL_LAYERS'];
  const chosen = JSON.stringify(layers?.value ?? null).match(/"BACKEND":"([^"]*)"/)?.[1];
  if (!layers || chosen === undefined || !memoryLayer.test(chosen)) return undefined;
  return {
    says: 'CHANNEL_LAYERS keeps messages in one process, and several serve: they meet in Redis',
    where: { file: layers.file, line: layers.line },
  };
}
