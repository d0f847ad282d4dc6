import type { Emit } from '../contract/events.ts';
import type { Clock } from '../machine/clock.ts';
import type { Confiner } from '../machine/bounds/confiner.ts';
import type { LogRotation } from '../machine/logs/log-rotation.ts';
import type { ProcessRecords } from '../machine/processes/process-records.ts';
import type { DeathWatch } from '../machine/processes/processes.ts';
import type { ProblemError } from '../problems/problem.ts';
import type { OpenPort } from './open-ports.ts';
import type { ServiceSpec } from '../services/service.ts';

/** What all instances of a supervisor share. */
export type InstanceHost = {
  readonly emit: Emit;
  readonly clock: Clock;
  readonly deaths: DeathWatch;
  readonly rotation: LogRotation;
  readonly records: ProcessRecords;
  /** Absent without root. */
  readonly confiner?: Confiner | undefined;
  /** What services have open to everybody now. */
  readonly openPorts: () => readonly OpenPort[];
};

/**
 * How an attempt to start ended. `spec` is what was attempted, `logFrom` the byte of the log that the attempt began at, `question`
 * the id that its readiness was asked with, empty where it was not.
 */
export type Outcome =
  | { readonly ready: true }
  | {
      readonly ready: false;
      readonly reason: string;
      readonly spec: ServiceSpec;
      readonly problem?: ProblemError;
      readonly logFrom: number;
      readonly question: string;
    };
