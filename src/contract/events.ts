import * as z from 'zod';

import { catalogue, type ProblemCode } from '../problems/catalogue.ts';
import { planSchema } from './plan.ts';

const codes = Object.keys(catalogue) as [ProblemCode, ...ProblemCode[]];

/** {@link import('../problems/problem.ts').Problem} as it travels. */
export const problemSchema = z.strictObject({
  code: z.enum(codes),
  summary: z.string(),
  detail: z.string().exactOptional(),
  where: z
    .strictObject({ file: z.string(), line: z.int().exactOptional(), column: z.int().exactOptional() })
    .exactOptional(),
  cure: z.tuple([z.string()], z.string()).readonly(),
});

const base = { /** ISO 8601, UTC. */ time: z.string(), site: z.string().optional() };

/**
 * Anything that happens. Terminal, JSON log and dashboard render this and nothing else.
 * A new kind of event is one line here and one in `cli/views/events.ts` (a missing one does not compile).
 */
export const eventSchema = z.discriminatedUnion('type', [
  z.strictObject({ ...base, type: z.literal('job-started'), job: z.string(), kind: z.string(), title: z.string() }),
  z.strictObject({
    ...base,
    type: z.literal('job-finished'),
    job: z.string(),
    seconds: z.number(),
    outcome: z.enum(['done', 'failed', 'nothing']),
    problems: z.array(problemSchema).readonly(),
  }),
  z.strictObject({
    ...base,
    type: z.literal('step-started'),
    job: z.string(),
    step: z.string(),
    title: z.string(),
    log: z.string().optional(),
  }),
  z.strictObject({
    ...base,
    type: z.literal('step-finished'),
    job: z.string(),
    step: z.string(),
    title: z.string(),
    seconds: z.number(),
    outcome: z.enum(['done', 'failed', 'skipped']),
    detail: z.string().optional(),
  }),
  /** `up` has made its plan and is about to apply it, or to stop where nobody has confirmed it. */
  z.strictObject({ ...base, type: z.literal('plan-made'), job: z.string(), plan: planSchema }),
  z.strictObject({
    ...base,
    type: z.literal('service-changed'),
    service: z.string(),
    from: z.string(),
    to: z.string(),
    pid: z.int().optional(),
    reason: z.string(),
  }),
  z.strictObject({
    ...base,
    type: z.literal('release-switched'),
    release: z.string(),
    previous: z.string().optional(),
  }),
  z.strictObject({ ...base, type: z.literal('daemon-started'), version: z.string(), pid: z.int(), adopted: z.int() }),
  z.strictObject({ ...base, type: z.literal('daemon-stopping'), reason: z.string() }),
  /** Something needs a person: also in `status`, `releases` and `check` until its cause is gone. */
  z.strictObject({
    ...base,
    type: z.literal('alarm'),
    text: z.string(),
    cure: z.tuple([z.string()], z.string()).readonly(),
  }),
  z.strictObject({ ...base, type: z.literal('note'), level: z.enum(['info', 'warning']), text: z.string() }),
]);

/** Anything that happens. */
export type RoadieEvent = z.infer<typeof eventSchema>;

/** An event before the clock has stamped it. */
export type NewEvent = RoadieEvent extends infer E ? (E extends { time: string } ? Omit<E, 'time'> : never) : never;

/** Where events go. */
export type Emit = (event: NewEvent) => void;
