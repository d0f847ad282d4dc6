import type { ServiceStatus } from './status.ts';

/** That a service is in a crash loop, in the words that every command has for it; undefined where it is in none. `who`: default: its name. */
export function crashLoopText(
  { name, early_ends: early }: Pick<ServiceStatus, 'name' | 'early_ends'>,
  who: string = name,
): string | undefined {
  if (early?.loop !== true) return undefined;
  return `${who} is in a crash loop: it ended ${early.count} times in a row within its first minute${early.error === null ? '' : `: ${early.error}`}`;
}
