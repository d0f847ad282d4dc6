import * as z from 'zod';

import { problemSchema } from './events.ts';
import { planSchema } from './plan.ts';

const findingSchema = z.strictObject({
  level: z.enum(['error', 'warning', 'advice']),
  id: z.string(),
  what: z.string(),
  why: z.string(),
  cure: z.string(),
});

const overrideSchema = z.strictObject({ setting: z.string(), value: z.unknown(), because: z.string() });

/** How a web server runs; `threads` is null where it has none to choose. */
/** As the config's `[web]` names it; `worker_class`: null where the server has one way to work. */
const webServerShape = { server: z.string(), worker_class: z.string().nullable() };
const webChoiceSchema = z.strictObject({ ...webServerShape, workers: z.int(), threads: z.int().nullable() });

const upResult = z.strictObject({
  site: z.string(),
  url: z.string(),
  /** False where the job stopped after the plan. */
  applied: z.boolean(),
  plan: planSchema,
  release: z.string().nullable(),
  /** The watch over the release after its switch; null where it is not watched. `verdict`: with `--wait-bake` only. */
  bake: z
    .strictObject({
      release: z.string(),
      previous: z.string(),
      until: z.string(),
      verdict: z.enum(['proven', 'rolled-back']).nullable(),
    })
    .nullable(),
  certificate: z.strictObject({ issuer: z.string(), not_after: z.string(), trusted: z.boolean() }).nullable(),
  overrides: z.array(overrideSchema),
  notes: z.array(z.string()),
});

/** `trash`: where what was there before can be had back for a week; null where there was nothing. */
const fileChange = z.strictObject({
  site: z.string(),
  path: z.string(),
  changed: z.boolean(),
  /** Whether a new release with it is live. */
  restarted: z.boolean(),
  trash: z.string().nullable(),
});

/** What a job ends with, by its kind. */
export const jobResultSchemas = {
  up: upResult,
  deploy: upResult,
  rollback: z.strictObject({ site: z.string(), url: z.string(), release: z.string(), previous: z.string() }),
  follow: z.strictObject({
    site: z.string(),
    revision: z.string(),
    released: z.boolean(),
    /** Why it was not released; null where it was. */
    because: z.string().nullable(),
  }),
  push: upResult,
  remote: z.strictObject({
    site: z.string(),
    /** Absolute path of the bare repository. */
    path: z.string(),
    /** The branch that is released when it is pushed. */
    branch: z.string(),
    /** The name of the machine, for an address by ssh. */
    host: z.string(),
    user: z.string(),
    /** What the site follows until the first push; null where it follows nothing. */
    follows: z.string().nullable(),
  }),
  /** Holds a secret. */
  webhook: z.strictObject({ site: z.string(), url: z.string(), secret: z.string() }),
  'deploy-key': z.strictObject({
    address: z.string(),
    public_key: z.string(),
    fingerprint: z.string(),
    /** Hosts that were met, each with its key's fingerprint. */
    hosts: z.array(z.string()),
    /** Whether the repository can be read with it now. */
    readable: z.boolean(),
  }),
  'deploy-token': z.strictObject({ address: z.string(), readable: z.boolean(), kept: z.boolean() }),
  renew: z.strictObject({
    site: z.string(),
    /** False where it was not due; `because` says why or why not. */
    renewed: z.boolean(),
    because: z.string(),
    /** Of the certificate that is served now: hexadecimal, and ISO 8601, UTC. */
    serial: z.string(),
    not_after: z.string(),
  }),
  /** Absolute paths of what is gone for good. */
  prune: z.strictObject({ removed: z.array(z.string()) }),
  plan: z.strictObject({
    site: z.string(),
    plan: planSchema,
    overrides: z.array(overrideSchema),
    notes: z.array(z.string()),
  }),
  check: z.strictObject({ site: z.string(), findings: z.array(findingSchema) }),
  'file-put': fileChange,
  'file-remove': fileChange,
  'env-set': z.strictObject({ site: z.string(), changed: z.array(z.string()), restarted: z.boolean() }),
  'env-unset': z.strictObject({ site: z.string(), changed: z.array(z.string()), restarted: z.boolean() }),
  tune: z.strictObject({
    site: z.string(),
    pages: z.array(z.string()),
    /** Of load for each setting, and how many asked at once. */
    seconds: z.number(),
    clients: z.int(),
    /** What ran when this began comes first. */
    measured: z.array(
      webChoiceSchema.extend({
        requests_per_second: z.number(),
        p95_ms: z.number(),
        /** Of all its processes; null where it is not known. */
        memory_bytes: z.int().nullable(),
        failed: z.int(),
      }),
    ),
    /** What was to be measured and was not: it could not be installed or started, or the time was up. */
    left_out: z.array(
      z.strictObject({
        ...webServerShape,
        /** Null where none of the server's settings was measured. */
        workers: z.int().nullable(),
        threads: z.int().nullable(),
        because: z.string(),
      }),
    ),
    /** Why no other server than the site's own was measured; null where others were, or were not asked for. */
    note: z.string().nullable(),
    recommended: webChoiceSchema,
    because: z.string(),
    applied: z.boolean(),
  }),
  /** `was`: null where nothing had been applied; its `server` is null where that was the project's own. */
  untune: z.strictObject({
    site: z.string(),
    was: z
      .strictObject({
        server: z.string().nullable(),
        worker_class: z.string().nullable(),
        workers: z.int(),
        threads: z.int().nullable(),
      })
      .nullable(),
  }),
  /** Holds secrets. */
  export: z.strictObject({
    site: z.string(),
    release: z.string(),
    /** Paths are relative to the exported folder. */
    files: z.array(z.strictObject({ path: z.string(), content: z.string() })),
    /** By the names of their files. */
    secrets: z.record(z.string(), z.string()),
    /**
     * Absolute path of the project's code as it is live; those of its paths that lead to the site's data; where what the project
     * ships at these is; and the paths of the owner's own files, which are among the secrets.
     */
    code: z.strictObject({
      folder: z.string(),
      links: z.array(z.string()),
      shipped: z.string(),
      own: z.array(z.string()),
    }),
    overrides: z.array(overrideSchema),
  }),
  down: z.strictObject({
    site: z.string(),
    removed: z.array(z.string()),
    kept: z.array(z.string()),
    trash: z.string().nullable(),
  }),
} as const;

export type JobResults = { readonly [Kind in keyof typeof jobResultSchemas]: z.infer<(typeof jobResultSchemas)[Kind]> };

/** The last line of a job's stream. */
export const jobEndSchema = z.discriminatedUnion('outcome', [
  z.strictObject({ type: z.literal('job-end'), outcome: z.literal('done'), result: z.unknown() }),
  z.strictObject({
    type: z.literal('job-end'),
    outcome: z.literal('failed'),
    problems: z.array(problemSchema).min(1).readonly(),
  }),
]);

export type JobEnd = z.infer<typeof jobEndSchema>;
