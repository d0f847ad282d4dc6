import { createHash } from 'node:crypto';

import type { Blueprint } from '../blueprint/blueprint.ts';
import type { Place } from '../components/place.ts';
import type { Connection } from '../django/connection.ts';
import { seriesOf } from './python.ts';

/** Raised when a change of Roadie makes releases differently from the same input. */
const releaseFormat = 1;

/** All that a release depends on. */
export type FingerprintInput = {
  readonly blueprint: Blueprint;
  readonly place: Pick<Place, 'domains' | 'ports' | 'secrets'>;
  readonly connections: readonly Connection[];
  /** The interpreter for the virtualenv. Of its version only the series counts: a virtualenv links to its interpreter, and patches fit. */
  readonly python: { readonly path: string; readonly version: string };
  /** Hash of Roadie's own files in virtualenvs (see `pythonFilesHash`). */
  readonly pythonFiles: string;
};

/**
 * What a release is made from, as `BUILD.ENVIRONMENT`, 32 hexadecimal digits each: the first half is code, dependencies and
 * interpreter, the second all that only changes variables and overrides. Equal fingerprints need no new build; see
 * {@link compareFingerprints}. Holds no secret that could be got back out of it.
 */
export function fingerprint(input: FingerprintInput): string {
  const { blueprint } = input;
  const { facts } = blueprint;
  const build = hash([
    releaseFormat,
    blueprint.source.revision,
    blueprint.source.kind === 'git' ? blueprint.source.subfolder : '',
    facts.root.value,
    facts.settingsModule.value,
    facts.application.value,
    blueprint.dependencies,
    blueprint.pythonAdditions.map((addition) => addition.requirement),
    facts.releaseCommands.map((command) => command.value.words),
    input.python.path,
    seriesOf(input.python.version),
    input.pythonFiles,
    ...(facts.frontEnds ? [facts.frontEnds.map(({ value }) => value)] : []),
    ...(blueprint.writable ? [blueprint.writable] : []),
    ...(blueprint.requirementsAsOf === undefined ? [] : [blueprint.requirementsAsOf]),
  ]);
  const environment = hash([
    sorted(blueprint.ownerEnvironment),
    sorted(input.place.secrets),
    input.place.domains,
    input.place.ports,
    input.connections,
    facts.environment.map(({ name, purpose }) => [name, purpose]),
    // Not in the half that plans are compared by: what is made from an example has a secret in it, which a first plan makes up.
    ...(blueprint.ownFiles ? [blueprint.ownFiles.map(({ path, hash: content }) => [path, content])] : []),
  ]);
  return `${build}.${environment}`;
}

/** What separates two fingerprints: nothing, the environment alone (same code and virtualenv serve), or the build. */
export function compareFingerprints(before: string | undefined, now: string): 'same' | 'environment' | 'build' {
  if (before === now) return 'same';
  return before !== undefined && buildPart(before) === buildPart(now) ? 'environment' : 'build';
}

/** The half of a fingerprint that tells of code, dependencies and interpreter; the whole where it has no halves. */
export function buildPart(fingerprint: string): string {
  return fingerprint.split('.')[0] ?? '';
}

/** All that a virtualenv depends on. */
export type VirtualenvInput = {
  readonly python: { readonly path: string; readonly version: string };
  /** Contents by path of every file that says what is to be installed. */
  readonly files: Readonly<Record<string, string>>;
  readonly commands: readonly (readonly string[])[];
  readonly additions: readonly string[];
  readonly installer: string;
  /** Set where the virtualenv refers to the code it was installed from, which no other release may share. */
  readonly revision?: string;
};

/** Virtualenvs of equal fingerprints are interchangeable. */
export function virtualenvFingerprint(input: VirtualenvInput): string {
  return hash([
    releaseFormat,
    input.python.path,
    seriesOf(input.python.version),
    sorted(input.files),
    input.commands,
    input.additions,
    input.installer,
    input.revision ?? '',
  ]);
}

/**
 * A release's name: UTC time and the beginning of its revision, `20261121-101530-7c2cb3b`. Sorts by time.
 */
export function releaseId(now: Date, revision: string): string {
  const [date = '', time = ''] = now.toISOString().slice(0, 19).replace(/[-:]/g, '').split('T');
  return `${date}-${time}-${revision.slice(0, 7)}`;
}

function sorted<T>(values: Readonly<Record<string, T>>): readonly (readonly [string, T])[] {
  return Object.entries(values).toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}
