import * as z from 'zod';

/** Set by a rollback: the site stays at a release. Times are ISO 8601, UTC. */
export const heldSchema = z.strictObject({
  since: z.string(),
  release: z.string(),
  because: z.string(),
  /** The release that the watch after the switch has given up; null where somebody went back by hand. */
  given_up: z.strictObject({ release: z.string(), revision: z.string() }).nullable(),
  /** From when on a later commit is released by itself; null: not until somebody deploys. */
  next: z.string().nullable(),
});

/** The release that is watched after its switch, until when, and where it would go back to, or goes back to now. */
export const bakeSchema = z.strictObject({
  release: z.string(),
  previous: z.string(),
  until: z.string(),
  state: z.enum(['watched', 'going-back']),
  /** What visitors have met of it that is not confirmed yet; null where they are answered as before. */
  doubt: z.string().nullable(),
});

/** What needs a person, until its cause is gone. */
export const alarmSchema = z.strictObject({
  since: z.string(),
  text: z.string(),
  /** Most likely first; a line that starts with `$ ` is a command to type. */
  cure: z.tuple([z.string()], z.string()).readonly(),
});

/** A site's releases, and what is going on with them: what `roadie releases` and `roadie deploy --status` print. Times are ISO 8601, UTC. */
export const releasesSchema = z.strictObject({
  site: z.string(),
  live: z.string().nullable(),
  /** Newest first: what can be gone back to, the live one among them. */
  releases: z.array(z.strictObject({ id: z.string(), revision: z.string(), built_at: z.string(), live: z.boolean() })),
  /** The operation that runs now, of whatever site. */
  running: z
    .strictObject({ job: z.string(), kind: z.string(), site: z.string().nullable(), since: z.string() })
    .nullable(),
  held: heldSchema.nullable(),
  /** The revision that failed last, not tried again by itself. */
  failed: z.strictObject({ revision: z.string(), at: z.string(), summary: z.string() }).nullable(),
  bake: bakeSchema.nullable(),
  alarms: z.array(alarmSchema),
});

export type Releases = z.infer<typeof releasesSchema>;
