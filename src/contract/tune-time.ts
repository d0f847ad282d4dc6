/** Seconds that starting a web server and its first requests may take beside the load. */
const startSeconds = 6;

/** Settings that are measured at most: of the site's own server, and of all others together. */
const ownSettings = 10;
const otherSettings = 8;

/** Seconds that installing what other servers need may take, all together. */
const installSeconds = 150;

/** Seconds for the last answers of a server that hangs. */
const lastSeconds = 60;

/**
 * How long `tune` measures at most, in seconds; what has not begun by then is left out. `seconds`: of load for each setting;
 * `others`: whether other servers than the site's own are measured.
 */
export function longestTune({ seconds, others }: { readonly seconds: number; readonly others: boolean }): number {
  const each = seconds + startSeconds;
  return ownSettings * each + (others ? otherSettings * each + installSeconds : 0) + lastSeconds;
}

/** How long before the end of {@link longestTune} the last setting may begin, in seconds. */
export function lastBeginning(seconds: number): number {
  return seconds + lastSeconds;
}
