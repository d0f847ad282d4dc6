import * as z from 'zod';

import { heldSchema } from './releases.ts';

/** What the daemon knows of the repository that a site follows. Times are ISO 8601, UTC. */
export const watchSchema = z.strictObject({
  site: z.string(),
  /** Null where the site follows none: then all that comes after is null as well, but for what a release has left. */
  repository: z.string().nullable(),
  /** Branch or tag; null for the repository's own branch. */
  branch: z.string().nullable(),
  /** 0: it is asked only when the webhook is called. */
  every_seconds: z.int().nullable(),
  /** Where the branch stood when it was last asked. */
  last_seen: z.string().nullable(),
  last_asked: z.string().nullable(),
  next: z.string().nullable(),
  /** Why the repository could not be asked, or its last commit is not released. */
  problem: z.string().nullable(),
  /** Whether pushes can be told to the site by its webhook. */
  webhook: z.boolean(),
  held: heldSchema.nullable(),
  failed: z.strictObject({ revision: z.string(), at: z.string(), summary: z.string() }).nullable(),
});

export type Watch = z.infer<typeof watchSchema>;
