import * as z from 'zod';

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
  /** Set by a rollback: nothing is released by itself until the next deploy. */
  held: z.strictObject({ since: z.string(), release: z.string(), because: z.string() }).nullable(),
  /** The revision that failed last, not tried again by itself. */
  failed: z.strictObject({ revision: z.string(), at: z.string(), summary: z.string() }).nullable(),
  /** The live release while it is watched, and where it would go back to. */
  bake: z.strictObject({ release: z.string(), previous: z.string(), until: z.string() }).nullable(),
});

export type Releases = z.infer<typeof releasesSchema>;
