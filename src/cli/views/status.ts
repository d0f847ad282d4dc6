import { crashLoopText } from '../../contract/crash-loop.ts';
import type { ServiceStatus, SiteStatus, Status } from '../../contract/status.ts';
import { withPort } from '../../machine/network/listeners.ts';
import { cureLines, stateText } from './events.ts';
import type { Style } from './style.ts';
import { bytes, clockTime, count, duration, harmless, table } from './text.ts';

const heads = ['SERVICE', 'STATE', 'PID', 'FOR', 'RESTARTS', 'MEMORY', 'CPU'];
const stateColumn = 1;

/** All sites with their services. `now`: milliseconds since 1970. */
export function statusView(status: Status, style: Style, now: number): string {
  const { daemon } = status;
  const foot = style.dim(
    `daemon ${daemon.version}, pid ${daemon.pid}, ${bytes(daemon.memory_bytes)}; ${bytes(daemon.disk_free_bytes)} free on the disk`,
  );
  if (status.sites.length === 0) return `No sites yet. \`roadie up PATH\` brings one up.\n\n${foot}\n`;
  return `${status.sites.map((site) => siteView(site, style, now)).join('\n\n')}\n\n${foot}\n`;
}

function siteView(site: SiteStatus, style: Style, now: number): string {
  const release = site.release === null ? 'no release yet' : `release ${harmless(site.release)}`;
  const head = `${style.bold(site.name)}  ${stateText(site.state, style)}  ${style.cyan(harmless(site.url))}  ${style.dim(release)}`;
  const told = [head, ...releaseLines(site, style, now)];
  if (site.services.length === 0) return [...told, `  ${style.dim('no services')}`, ...ailing(site, style)].join('\n');
  const rows = table([heads, ...site.services.map((service) => cells(service, now))], {
    right: [2, 3, 4, 5, 6],
    paint: (text, row, column) =>
      row === 0 ? style.dim(text) : column === stateColumn ? stateText(text, style) : text,
  });
  return [...told, ...rows.map((row) => `  ${row}`), `  ${style.dim(kept(site))}`, ...ailing(site, style)].join('\n');
}

/** What is up with the live release: watched, held, and what needs somebody. */
function releaseLines({ name, bake, held, alarms }: SiteStatus, style: Style, now: number): readonly string[] {
  const lines: string[] = [];
  if (bake?.state === 'watched')
    lines.push(
      `new release watched until ${clockTime(bake.until)}; where it does badly, ${harmless(bake.previous)} comes back`,
    );
  if (bake?.state === 'going-back')
    lines.push(style.yellow(`${harmless(bake.release)} is given up, ${harmless(bake.previous)} comes back`));
  const ago = held && duration(Math.max(0, (now - Date.parse(held.since)) / 1000));
  // Why it was sent back is in the alarm.
  if (held?.given_up) lines.push(style.yellow(`rolled back to ${harmless(held.release)} ${ago} ago, and held there`));
  else if (held)
    lines.push(
      style.yellow(`held at ${harmless(held.release)} since ${ago} ago: ${harmless(held.because)}`),
      `new commits wait for \`roadie deploy ${name}\``,
    );
  for (const alarm of alarms)
    lines.push(style.red(`alarm: ${harmless(alarm.text)}`), ...cureLines(alarm.cure, style, '  '));
  return lines.map((line) => `  ${line}`);
}

/** What lies on the disk, and how much of it there may be. */
function kept({ disk }: SiteStatus): string {
  return `${disk.releases} of at most ${count(disk.releases_limit, 'release')}, logs ${bytes(disk.logs_bytes)} of at most ${bytes(disk.logs_limit_bytes)}`;
}

function cells(service: ServiceStatus, now: number): readonly string[] {
  const since = Date.parse(service.since);
  return [
    service.name,
    service.state,
    service.pid === null ? '-' : String(service.pid),
    Number.isNaN(since) ? '-' : duration(Math.max(0, Math.floor((now - since) / 1000))),
    String(service.restarts),
    service.memory_bytes === null ? '-' : bytes(service.memory_bytes),
    service.cpu_percent === null ? '-' : `${service.cpu_percent.toFixed(1)} %`,
  ];
}

/** Where to look next, for a site that is not well. */
function ailing(site: SiteStatus, style: Style): readonly string[] {
  const open = (site.open_ports ?? []).map(({ program, pid, ...socket }) =>
    style.yellow(
      `  listens for everybody on ${withPort(socket)}: ${harmless(program)} (pid ${pid}); \`roadie check ${site.name}\` says what to do`,
    ),
  );
  return [...open, ...troubled(site, style)];
}

function troubled(site: SiteStatus, style: Style): readonly string[] {
  if (site.state === 'incomplete') return [style.yellow('  its `up` was not finished: run `roadie up` for it again')];
  const loops = site.services.flatMap((service) => {
    const text = crashLoopText(service);
    return text === undefined ? [] : [style.red(`  ${harmless(text)}`)];
  });
  const failing = site.services
    .filter(({ state, early_ends: early }) => state === 'failed' || state === 'waiting' || early?.loop === true)
    .map((service) => service.name);
  if (failing.length === 0) return [];
  return [
    ...loops,
    style.yellow(
      `  ${count(failing.length, 'service')} in trouble: ${failing.map((name) => `\`roadie logs ${site.name} ${name}\``).join(', ')}`,
    ),
  ];
}
