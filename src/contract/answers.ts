import * as z from 'zod';

import type { EndpointName } from './endpoints.ts';
import { eventSchema, problemSchema } from './events.ts';
import { releasesSchema } from './releases.ts';
import { jobEndSchema } from './results.ts';
import { statusSchema } from './status.ts';
import { watchSchema } from './watch.ts';

const changedServices = z.strictObject({ services: z.array(z.string()).readonly() });
const changed = z.strictObject({ changed: z.array(z.string()).readonly() });

/** How to run a command as the site's own processes run. `environment` holds secrets. */
const siteEnvironmentSchema = z
  .strictObject({
    site: z.string(),
    /** Absolute path of the folder with manage.py in the live release. */
    root: z.string(),
    /** Absolute path of the virtualenv's bin. */
    bin: z.string(),
    /** A folder that the site can write and that can be lost. */
    cache: z.string(),
    environment: z.record(z.string(), z.string()).readonly(),
    /** Where each variable comes from, by name: the owner (`env set`, roadie.toml) or Roadie, and why. */
    origins: z
      .record(z.string(), z.strictObject({ by: z.enum(['owner', 'roadie']), because: z.string() }).readonly())
      .readonly()
      .exactOptional(),
    uid: z.int().exactOptional(),
    gid: z.int().exactOptional(),
    /** Supplementary groups. */
    groups: z.array(z.int()).readonly().exactOptional(),
    /** What its programs see of the machine; absent: all of it, as its user may. */
    view: z
      .strictObject({
        hidden: z.array(z.string()).readonly(),
        readable: z.array(z.string()).readonly(),
        writable: z.array(z.string()).readonly(),
        tmp: z.string().exactOptional(),
      })
      .readonly()
      .exactOptional(),
  })
  .readonly();

/** Files of the owner's own, by their paths in the code; `changed`: ISO 8601, UTC. */
const ownFilesSchema = z
  .strictObject({
    site: z.string(),
    /** Absolute path of the folder that they are kept in. */
    folder: z.string(),
    files: z.array(z.strictObject({ path: z.string(), bytes: z.int(), changed: z.string() }).readonly()).readonly(),
  })
  .readonly();

const logLineSchema = z.strictObject({ service: z.string(), line: z.string() }).readonly();

/**
 * What each endpoint answers with status 200: one value, or for a stream what each of its values is. The daemon's handlers are
 * held to it by their types; clients, which load no Zod for it, check it by the same as JSON Schema in `answers.json`:
 * `npm run docs` makes that file.
 */
export const answerSchemas = {
  status: statusSchema,
  events: eventSchema,
  job: z.union([eventSchema, jobEndSchema]),
  start: changedServices,
  stop: changedServices,
  restart: changedServices,
  logs: logLineSchema,
  releases: releasesSchema,
  watch: watchSchema,
  environment: siteEnvironmentSchema,
  files: ownFilesSchema,
  reconcile: changed,
  reload: changed,
  forget: changed,
  stopDaemon: z.strictObject({ stopped: z.literal(true) }),
} as const satisfies { readonly [Name in EndpointName]: z.ZodType };

/** What every endpoint answers with any other status. */
export const refusalSchema = z.strictObject({ problems: z.tuple([problemSchema], problemSchema).readonly() });

/** What the answers are, by endpoint; of streams the type of one value. */
export type Answers = { readonly [Name in EndpointName]: z.infer<(typeof answerSchemas)[Name]> };

export type SiteEnvironment = Answers['environment'];
export type OwnFiles = Answers['files'];
export type LogLine = Answers['logs'];
