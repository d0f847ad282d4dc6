import { createHash } from 'node:crypto';

import type { ServiceSpec } from '../services/service.ts';

/** What has to happen to a running service so that it agrees with its spec. 'nothing' also takes over new policies, which need no new process. */
export type SpecChange = 'nothing' | 'reload' | 'restart' | 'overlap';

/**
 * What a process is made from, as two hashes: what every process must be replaced for, and what one that can reload takes
 * in its stride. Policies (restart, stop, readiness, log rotation, order) are not part of it.
 */
export function fingerprint(spec: ServiceSpec): string {
  const { command, directory, environment, user, sockets, passing, log, view } = spec;
  return `${hash([command, directory, sorted(environment), user ?? null, sockets, passing, log.path, ...(view ? [view] : [])])}.${hash([spec.nice ?? null, spec.openFiles ?? null, spec.release ?? null])}`;
}

/** How a process with the fingerprint `running` is brought to agree with `spec`. */
export function changeTo(running: string, spec: ServiceSpec): SpecChange {
  const wanted = fingerprint(spec);
  if (wanted === running) return 'nothing';
  if (spec.replace === 'reload') return firstPart(wanted) === firstPart(running) ? 'reload' : 'restart';
  return spec.replace === 'overlap' && canOverlap(spec) ? 'overlap' : 'restart';
}

/** A replacement beside the old process needs one unix socket that can be renamed, and a child that takes it. */
export function canOverlap(spec: ServiceSpec): boolean {
  const isHanded = spec.passing === 'listen-fds' || spec.passing === 'descriptors';
  return isHanded && spec.sockets.length === 1 && spec.sockets[0]?.kind === 'unix';
}

function firstPart(fingerprint: string): string {
  return fingerprint.slice(0, fingerprint.indexOf('.'));
}

function sorted(environment: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(environment).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, keysInOrder)).digest('base64url').slice(0, 22);
}

/** Whoever wrote the spec may have written its keys in another order. */
function keysInOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
