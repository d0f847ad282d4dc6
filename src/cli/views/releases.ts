import type { Releases } from '../../contract/releases.ts';
import { cureLines } from './events.ts';
import type { Style } from './style.ts';
import { duration, harmless, table } from './text.ts';

/** A site's releases, newest first, and what is going on with them. `now` is in milliseconds since 1970. */
export function releasesView(releases: Releases, style: Style, now: number): string {
  const ago = (time: string): string => `${duration(Math.max(0, (now - Date.parse(time)) / 1000))} ago`;
  const lines: string[] = [];
  if (releases.releases.length === 0) lines.push(`${style.bold(releases.site)} has no release yet.`);
  else {
    const rows = releases.releases.map((release) => [
      release.live ? 'live' : '',
      harmless(release.id),
      harmless(release.revision.slice(0, 12)),
      `built ${ago(release.built_at)}`,
    ]);
    lines.push(
      ...table(rows, {
        paint: (text, row, column) => (column === 0 || rows[row]?.[0] === 'live' ? style.green(text) : text),
      }),
    );
  }
  const { running, held, failed, bake, alarms } = releases;
  if (running) {
    const about = running.site === null ? '' : ` of ${harmless(running.site)}`;
    lines.push(
      `Running: ${harmless(running.kind)}${about}, for ${duration((now - Date.parse(running.since)) / 1000)}.`,
    );
  }
  if (bake) {
    const left = duration(Math.max(0, (Date.parse(bake.until) - now) / 1000));
    lines.push(
      bake.state === 'going-back'
        ? style.yellow(`Given up: ${harmless(bake.release)}; ${harmless(bake.previous)} comes back now.`)
        : `Watched: ${harmless(bake.release)} for another ${left}; it would go back to ${harmless(bake.previous)}.`,
    );
  }
  // Why it was sent back, and what to do, is in the alarm.
  if (held?.given_up) lines.push(style.yellow(`Held at ${harmless(held.release)} since ${ago(held.since)}.`));
  else if (held)
    lines.push(
      style.yellow(`Held at ${harmless(held.release)} since ${ago(held.since)}: ${harmless(held.because)}.`),
      `  $ roadie deploy ${releases.site}    ends it`,
    );
  for (const alarm of alarms)
    lines.push(
      style.red(`Alarm since ${ago(alarm.since)}: ${harmless(alarm.text)}`),
      ...cureLines(alarm.cure, style, '  '),
    );
  if (failed) {
    lines.push(
      style.red(`Failed: ${harmless(failed.revision.slice(0, 12))}, ${ago(failed.at)}: ${harmless(failed.summary)}`),
      '  It is not tried again by itself until the source changes.',
    );
  }
  return lines.join('\n');
}
