import { join } from 'node:path';

/** Where Roadie keeps its things on this machine (docs/reference/files.md). */
export type Layout = {
  /** /var/lib/roadie, or ~/.local/state/roadie without root. */
  readonly base: string;
  /** /run/roadie, or $XDG_RUNTIME_DIR/roadie. */
  readonly run: string;
  readonly state: string;
  readonly edge: string;
  readonly sites: string;
  readonly tools: string;
  readonly trash: string;
  /** The daemon's socket. */
  readonly socket: string;
  readonly daemonLog: string;
  readonly eventLog: string;
};

/** Where root's Roadie keeps its things unless another folder is chosen. */
export const standardBase = '/var/lib/roadie';

/** All paths from the two that can be chosen. Both must be short: a unix socket's path has at most 107 bytes. */
export function layout(base: string, run: string): Layout {
  return {
    base,
    run,
    state: join(base, 'state'),
    edge: join(base, 'edge'),
    sites: join(base, 'sites'),
    tools: join(base, 'tools'),
    trash: join(base, 'trash'),
    socket: join(run, 'roadie.sock'),
    daemonLog: join(base, 'state', 'daemon.log'),
    eventLog: join(base, 'state', 'events.jsonl'),
  };
}

/** The folders of one site below `layout.sites` that more than one part of Roadie works in. Absolute paths. */
export type SiteLayout = {
  readonly folder: string;
  readonly releases: string;
  /** The link to the release that is live: `releases/ID`. */
  readonly current: string;
  /** Of its services and builds. */
  readonly logs: string;
  /** What can be lost; the site writes it. */
  readonly cache: string;
  /** Mirrors of its repositories. */
  readonly checkouts: string;
  /** Files of the owner's own, by their paths in the code, which go into each release. */
  readonly own: string;
};

/** Where the parts of a site lie, from `layout.sites` and its name. */
export function siteLayout(sites: string, name: string): SiteLayout {
  const folder = join(sites, name);
  return {
    folder,
    releases: join(folder, 'releases'),
    current: join(folder, 'current'),
    logs: join(folder, 'logs'),
    cache: join(folder, 'cache'),
    checkouts: mirrorsIn(folder),
    own: join(folder, 'data', 'own'),
  };
}

/** Where mirrors of repositories lie: in a site's folder, or in `layout.base` for those of no site yet. */
export function mirrorsIn(folder: string): string {
  return join(folder, 'checkouts');
}

/** What is written down while Debian packages are installed, in the state folder. */
export function packagesJournal(state: string): string {
  return join(state, 'packages-journal.json');
}

/** When the daemon's tasks have run and run next, in the state folder. */
export function scheduleState(state: string): string {
  return join(state, 'schedule.json');
}

/** What the watch over new releases keeps across daemons, in the state folder. */
export function bakeState(state: string): string {
  return join(state, 'bake.json');
}
