import type { Follow } from '../sites/record.ts';
import type { Config } from '../config/config.ts';
import { failed, ok, type Result } from '../problems/problem.ts';
import { checkRef, parseAddress } from './address.ts';

/** How often a repository is asked where the config does not say. Seconds. */
const standardPoll = 60;

/** What is known of a site's source when it is brought up. */
export type FollowInput = {
  /** As it was given: an absolute path, or a repository's address. */
  readonly source: string;
  readonly ref: string | undefined;
  /** Whether a repository is at that source. */
  readonly kind: 'folder' | 'git';
  readonly config: Config;
  /** Path of the site's own repository, which tells of each push by itself. */
  readonly own: string;
};

/**
 * Which repository a site follows from now on, and what `up` is to be asked for the next time. A folder follows the repository
 * that its config names; a repository is followed itself, unless a commit's hash was asked for. Problem: `source-refused`.
 */
export function followOf(
  input: FollowInput,
): Result<{ readonly source: string; readonly ref: string | undefined; readonly follow: Follow | undefined }> {
  const { config, kind } = input;
  const named = kind === 'folder' ? config.source?.repository : input.source;
  if (named === undefined || input.source === input.own)
    return ok({ source: input.source, ref: input.ref, follow: undefined });
  const address = parseAddress(named);
  if (!address.ok) return address;
  const { value } = address;
  const ref = input.ref ?? (value.kind === 'git' ? value.ref : undefined) ?? config.source?.branch;
  const problem = ref === undefined ? undefined : checkRef(ref);
  if (problem) return failed(problem);
  const { only_signed: onlySigned, only_status: onlyStatus } = config.source ?? {};
  const follow: Follow = {
    repository: value.kind === 'git' ? value.url : value.path,
    ...(ref !== undefined && { ref }),
    everySeconds: pollSeconds(config.source?.poll),
    ...(onlySigned !== undefined && { onlySigned }),
    ...(onlyStatus !== undefined && { onlyStatus }),
  };
  // A hash stands for one commit for good.
  const moves = ref === undefined || !/^[0-9a-f]{7,64}$/.test(ref);
  return ok({ source: named, ref, follow: moves ? follow : undefined });
}

/** `60s`, `5m`, `1h`, `60` or `off` in seconds; 0 for off. */
export function pollSeconds(text: string | undefined): number {
  if (text === undefined) return standardPoll;
  const match = /^(\d+)([smh]?)$/.exec(text);
  if (!match) return 0;
  return Number(match[1]) * ({ m: 60, h: 3600 }[match[2] ?? ''] ?? 1);
}

/** What is known about a site when its repository has been asked. All are commits' hashes. */
export type Stand = {
  /** Where the branch stands. */
  readonly head: string;
  /** Whether the tag that is asked for stands there too; true where none is. */
  readonly passed: boolean;
  /** The live release's revision; absent where none has been live. */
  readonly live: string | undefined;
  readonly dealt: string | undefined;
  readonly failed: string | undefined;
  /** Nothing is released until somebody deploys. */
  readonly held: boolean;
  /** Nothing is released before then (ISO 8601): the watch has gone back more than once. */
  readonly from?: string | undefined;
  /** What the watch after a switch has given up. */
  readonly givenUp?: readonly string[];
};

/** Whether a commit is to be released by itself, and if not, why. */
export function decideRelease(stand: Stand): { readonly release: boolean; readonly because: string } {
  const no = (because: string) => ({ release: false, because });
  if (stand.live === undefined) return no('the site has not been live yet');
  if (stand.head === stand.live) return no('it is live');
  if (stand.held) return no('the site is held since a rollback, until the next deploy');
  if (stand.head === stand.failed) return no('it has failed before');
  if (stand.givenUp?.includes(stand.head) === true) return no('it was given up after the switch');
  if (stand.head === stand.dealt) return no('it has been dealt with');
  if (!stand.passed) return no('its tag is missing');
  if (stand.from !== undefined) return no(`the watch went back twice in a row, so it waits until ${stand.from}`);
  return { release: true, because: 'it is new' };
}

/** Milliseconds until a repository is asked again: longer while it fails, at most 15 minutes. `chance` from 0 to 1 spreads many sites out. */
export function nextLookMs(everySeconds: number, failures: number, chance: number): number {
  const grown = Math.max(everySeconds, Math.min(everySeconds * 2 ** Math.min(failures, 10), longestBackoff));
  return Math.round(grown * 1000 * (0.9 + 0.2 * chance));
}

const longestBackoff = 900;

/** Whether a commit's message asks not to be released. */
export function asksToSkip(message: string): boolean {
  return /\[(?:skip deploy|deploy skip)\]/i.test(message);
}

/** Whether a tag's name fits a name or pattern in which * stands for any text. */
export function fitsPattern(name: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}
