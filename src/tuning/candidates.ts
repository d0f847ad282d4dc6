import type { Component } from '../components/component.ts';
import { ownersChoice } from '../components/roles.ts';
import type { Config } from '../config/config.ts';
import { ownServer, webServers } from '../config/web-keys.ts';
import { failed, ok, type Result } from '../problems/problem.ts';
import type { WebServer, WebSetting } from '../services/web-setting.ts';
import { isSame, mostWorkers, type Room } from './settings.ts';

/** What decides which servers are measured. */
export type Comparing = {
  readonly own: WebServer;
  /** Of the application that the site runs. */
  readonly kind: 'wsgi' | 'asgi';
  readonly config: Config;
  /** Names as in `[web] server`, and {@link ownServer}; undefined: all that can run the application. */
  readonly wished: readonly string[] | undefined;
};

export type Comparison = {
  /** The site's own server is measured with all numbers of processes and threads; else only as it runs now. */
  readonly ownInFull: boolean;
  readonly others: readonly WebServer[];
  /** Why no other is measured. */
  readonly note?: string;
};

/**
 * The servers to measure beside the site's own: those that run its kind of application, in each of their ways to work. None where
 * the owner's config names one. Problem: `nothing-to-tune` where one is wished that cannot run it.
 */
export function serversToCompare(
  { own, kind, config, wished }: Comparing,
  components: readonly Component[],
): Result<Comparison> {
  const named = ownersChoice('web', config);
  const isOwn = (name: string): boolean => name === ownServer || name === own.server;
  if (named)
    return ok({
      ownInFull: true,
      others: [],
      note: `${named.key} in Roadie's config names ${named.name}: no other server is measured`,
    });
  const able = components.flatMap((component) => waysToRun(component, kind));
  const unable = wished?.find((name) => !isOwn(name) && !able.some(({ server }) => server === name));
  if (unable !== undefined)
    return failed({
      code: 'nothing-to-tune',
      summary: `${unable} does not run the site's ${kind.toUpperCase()} application`,
      cure: [`Name some of these: ${[...new Set([ownServer, ...able.map(({ server }) => server)])].join(', ')}.`],
    });
  return ok({
    ownInFull: wished?.some(isOwn) ?? true,
    others: able.filter((one) => !isSameServer(one, own) && (wished?.includes(one.server) ?? true)),
  });
}

/** The ways in which a component can run an application of a kind as a web server. */
function waysToRun(component: Component, kind: 'wsgi' | 'asgi'): readonly WebServer[] {
  const server = webServers.find((name) => name === component.name);
  if (server === undefined) return [];
  const classes = component.workerClasses?.names ?? [null];
  return classes
    .map((workerClass): WebServer => ({ server, workerClass }))
    .filter((way) => component.interfaces?.({ web: webKeysOf(way) }).includes(kind) === true);
}

/** A server as the config's `[web]` names it. */
export function webKeysOf({ server, workerClass }: WebServer): NonNullable<Config['web']> {
  // Both come from the config's own lists, or from a record that was written with them.
  return { server, ...(workerClass !== null && { worker_class: workerClass }) } as NonNullable<Config['web']>;
}

/** Whether two servers are the same, and work in the same way. */
export function isSameServer(one: WebServer, other: WebServer): boolean {
  return one.server === other.server && one.workerClass === other.workerClass;
}

/**
 * How another server is measured: as it would run by itself, and with the numbers that did best with the site's own. Two at most,
 * and no more processes than the memory holds.
 */
export function settingsOfOther(standard: WebSetting, best: WebSetting, room: Room): readonly WebSetting[] {
  const threads = standard.threads === null ? null : (best.threads ?? standard.threads);
  const held = (workers: number): number => Math.min(workers, mostWorkers(room));
  const first = { workers: held(standard.workers), threads: standard.threads };
  const second = { workers: held(best.workers), threads };
  return isSame(first, second) ? [first] : [first, second];
}
