import type { WebServer, WebSetting } from '../services/web-setting.ts';

/** What is asked of a machine for a web server. Bytes. */
export type Room = {
  readonly cores: number;
  /** Memory that all web processes may take together. */
  readonly memoryBytes: number;
  /** What one process of the live web server takes. */
  readonly processBytes: number;
};

/** Threads that are tried in each process: none beside its first, the usual number, and twice that for pages that wait. */
const threadsTried = [1, 4, 8] as const;

/** As many processes as the memory holds, and at least one. */
export function mostWorkers({ memoryBytes, processBytes }: Room): number {
  return Math.max(1, Math.floor(memoryBytes / processBytes));
}

/**
 * The settings to try, what runs now first: processes around the number of cores, as many as the memory holds, each with few and
 * with many threads. Ten at most.
 */
export function settingsToTry(now: WebSetting, room: Room): readonly WebSetting[] {
  const { cores } = room;
  const workers = [cores, cores + 1, 2 * cores + 1].map((count) => Math.min(count, mostWorkers(room)));
  const threads = now.threads === null ? [null] : threadsTried;
  const all = [now, ...workers.flatMap((count) => threads.map((each) => ({ workers: count, threads: each })))];
  return all.filter((one, index) => all.findIndex((other) => isSame(one, other)) === index);
}

/** Whether two settings are the same. */
export function isSame(one: WebSetting, other: WebSetting): boolean {
  return one.workers === other.workers && one.threads === other.threads;
}

/** A setting for people: `3 processes of 4 threads`. */
export function sayingOf({ workers, threads }: WebSetting): string {
  const processes = `${workers} ${workers === 1 ? 'process' : 'processes'}`;
  return threads === null ? processes : `${processes} of ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}

/** A server for people: `uwsgi`, `gunicorn (gevent)`. */
export function nameOfServer({ server, workerClass }: WebServer): string {
  return workerClass === null ? server : `${server} (${workerClass})`;
}
