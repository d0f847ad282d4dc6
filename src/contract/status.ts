import * as z from 'zod';

import { alarmSchema, bakeSchema, heldSchema } from './releases.ts';

/** Something that the daemon does by the clock. Times are ISO 8601, UTC. */
export const scheduledTaskSchema = z.strictObject({
  task: z.enum(['poll', 'bake', 'certificate', 'prune']),
  /** Null where it is for the whole machine. */
  site: z.string().nullable(),
  /** Usually so long from one run to the next; null where it runs only when it is asked for. */
  every_seconds: z.number().nullable(),
  state: z.enum(['waits', 'runs']),
  /** Null where it runs now, or does not by itself. */
  next: z.string().nullable(),
  /** When its last run ended, and how; null before the first. */
  last: z.string().nullable(),
  outcome: z.enum(['done', 'failed']).nullable(),
  result: z.string().nullable(),
});

export type ScheduledTask = z.infer<typeof scheduledTaskSchema>;

/** What `roadie status --json` prints. `memory_bytes` is what the whole process tree uses, pages that several processes share counted once; `cpu_percent` of one core, since the last look. */
export const statusSchema = z.strictObject({
  daemon: z.strictObject({
    pid: z.int(),
    version: z.string(),
    memory_bytes: z.int(),
    /** Room on the disk of Roadie's folder. */
    disk_free_bytes: z.int(),
    /** What runs now and began first, where something does: deploys and the like. `since` is ISO 8601, UTC. */
    operation: z.strictObject({ kind: z.string(), site: z.string().nullable(), since: z.string() }).exactOptional(),
    /** What it does by the clock, by site and name. */
    schedule: z.array(scheduledTaskSchema),
    /** What the kernel of this machine does not let Roadie enforce, a sentence each. */
    not_enforced: z.array(z.string()),
  }),
  sites: z.array(
    z.strictObject({
      name: z.string(),
      url: z.string(),
      release: z.string().nullable(),
      state: z.enum(['live', 'starting', 'degraded', 'stopped', 'incomplete']),
      bake: bakeSchema.nullable(),
      held: heldSchema.nullable(),
      alarms: z.array(alarmSchema),
      /** What grows by itself, and how far: releases with the live one, logs with their old ones. */
      disk: z.strictObject({
        releases: z.int(),
        releases_limit: z.int(),
        logs_bytes: z.int(),
        /** At most about this: a log that grows very fast may be twice its size for a moment. */
        logs_limit_bytes: z.int(),
      }),
      /** Ports that the site has open to everybody although `network.listen` does not name them; absent where there are none. */
      open_ports: z
        .array(
          z.strictObject({
            address: z.string(),
            port: z.int(),
            /** Null where it belongs to none of the services. */
            service: z.string().nullable(),
            pid: z.int(),
            program: z.string(),
          }),
        )
        .exactOptional(),
      services: z.array(
        z.strictObject({
          name: z.string(),
          state: z.enum(['down', 'starting', 'ready', 'stopping', 'waiting', 'failed']),
          pid: z.int().nullable(),
          /** ISO 8601, UTC: when it entered this state. */
          since: z.string(),
          restarts: z.int(),
          memory_bytes: z.int().nullable(),
          cpu_percent: z.number().nullable(),
          /**
           * So many runs in a row, the last one included, ended by themselves within their first minute; absent where none did, or the one
           * that runs has got past it. `loop`: so often that each start waits, up to 30 s, and it has not run for ten seconds since. `error`: what the last one said, as far as it did.
           */
          early_ends: z
            .strictObject({ count: z.int(), loop: z.boolean(), error: z.string().nullable() })
            .exactOptional(),
        }),
      ),
    }),
  ),
});

export type Status = z.infer<typeof statusSchema>;
export type SiteStatus = Status['sites'][number];
export type ServiceStatus = SiteStatus['services'][number];
