import type { Plan } from '../plan/plan.ts';
import type { ReleaseRecord } from '../sites/record.ts';

/** What a command that ran in the live release came to. */
export type Ran = {
  /** Exit code; 128 + the signal's number where a signal ended it; 127 where it could not be started. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
};

/**
 * One site in one kind of place: a machine today. What certificate, release, switch and services are there is the target's own;
 * in which order a deploy asks for them is told in `deploy/deploy.ts`. Acting functions throw `ProblemError` for what is expected
 * to fail, can be killed at any point and repeated.
 */
export type Target<Kind extends string = string> = {
  /** Looks at the place and compares it with what the site wants. Changes nothing: others may be changing it meanwhile. */
  plan(): Promise<Plan<Kind>>;
  /** Whether something is half changed: an operation is at it, or was killed at it, and then the next one finishes that first. */
  interrupted(): Promise<boolean>;
  /**
   * Begins to apply a plan. `confirmed` is the fingerprint that somebody agreed to, or 'any'. Throws `plan-outdated` where the
   * plan is another one; nothing has been touched then.
   */
  apply(plan: Plan<Kind>, confirmed: string): Applying;
  /**
   * Has the services of a release that is built take over from those that serve: they start beside them, are asked whether they
   * are healthy, and then get the visitors. Throws `service-failed` where one does not become ready; what served before then
   * serves on. `step`: how it is told to whoever looks on; untold where absent.
   */
  switchTo(release: ReleaseRecord, step?: { readonly name: string; readonly title: string }): Promise<void>;
  /** Starts what is down: stopped by hand, or failed. Tells of what was in a crash loop. Throws `service-failed`. */
  start(): Promise<void>;
  /** Runs a program in the live release, as the site's own processes run: its user, folder, environment and limits. */
  run(command: readonly [string, ...string[]]): Promise<Ran>;
  /** The certificate that visitors are shown; undefined before there is one. `trusted`: by this machine's own programs. */
  certificate(): Promise<{ readonly issuer: string; readonly notAfter: Date; readonly trusted: boolean } | undefined>;
};

/**
 * A plan that is being applied, in four parts that are called in this order. Where one throws, all that was done counts, and
 * applying the next plan goes on from there. An empty plan changes nothing.
 */
export type Applying = {
  /** Everything that a release stands on: packages, users, folders, data services, certificate. */
  prepare(): Promise<void>;
  /** Builds the release where the plan has one: whole, or not at all. The record then has it as `built`. */
  build(): Promise<void>;
  /** Has what was built, or is configured anew, take over (see {@link Target.switchTo}). Whether services of a release were changed. */
  switchOver(): Promise<boolean>;
  /** What follows the release, and the end of what is no longer wanted. */
  finish(): Promise<void>;
  /** Visits the site as a visitor would, to the end. Throws `release-unhealthy` where no healthy answer comes. */
  verify(): Promise<void>;
};
