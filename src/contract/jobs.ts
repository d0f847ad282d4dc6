import * as z from 'zod';

import { codePathPattern, ownFileBytes, siteNamePattern, urlPathPattern } from './names.ts';

const siteName = z.string().regex(siteNamePattern);

/**
 * Text of one line: no control characters, which mean something to terminals, logs and the system's calls, and no half of a
 * character.
 */
const line = z.string().regex(/^[^\p{Cc}\p{Cs}]*$/u);

/** A branch, tag or commit. None that git would read as an option, a range or a refspec; the rest of git's rules is the job's. */
const gitRef = z
  .string()
  .min(1)
  .max(255)
  .regex(/^(?!-)[^\p{Cc}\p{Cs} ~^:?*[\\]*$/u);

/** As DNS knows it: small letters, other scripts as `xn--`. */
const domain = z
  .string()
  .max(253)
  .regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/);

const port = z.int().min(1).max(65_535);

const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/);

const commitHash = z.string().regex(/^[0-9a-f]{40,64}$/);

/** A repository's address: by https, ssh or `git@host:path`. */
const address = line.min(1).max(4096);

/**
 * Work that takes long or changes the machine. The daemon runs one at a time for each site, each in a process of its own, and streams its
 * events; the last line of the stream is the job's result.
 */
export const jobRequestSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('up'),
    /** An absolute path, or a repository's URL. */
    source: line.min(1).max(4096),
    ref: gitRef.optional(),
    name: siteName.optional(),
    domains: z.array(domain).optional(),
    http_port: port.optional(),
    https_port: port.optional(),
    /** The commit to take, whatever the ref stands at by now. */
    revision: commitHash.optional(),
    /** Only for this time: what the site follows, and what the next deploy takes, stays as it is. */
    once: z.boolean().optional(),
    /** Absent: stop after the plan. 'any': apply whatever the plan is. Else the fingerprint of the plan that was shown. */
    confirmed: z
      .string()
      .regex(/^(?:any|[0-9a-f]{1,64})$/)
      .optional(),
  }),
  z.strictObject({
    kind: z.literal('deploy'),
    site: siteName,
    /** For this time only: branch, tag or commit. */ ref: gitRef.optional(),
  }),
  z.strictObject({
    kind: z.literal('rollback'),
    site: siteName,
    /** Default: the release before the live one. */
    release: line.max(64).optional(),
    /** Go back although the database has gone too far for the old code. */
    force: z.boolean(),
    /** Given by the watch after a switch, which goes back by itself: only while the release that it watches is live. */
    because: line.max(500).optional(),
  }),
  /** What the watch over a repository asks for when it has seen a new commit: release it, or say why not. */
  z.strictObject({ kind: z.literal('follow'), site: siteName, revision: commitHash }),
  /** What a push into the site's own repository asks for, before git has taken the commit in. */
  z.strictObject({
    kind: z.literal('push'),
    site: siteName,
    branch: gitRef,
    revision: commitHash,
    /** Absolute path of the folder in which git holds pushed objects until they are accepted. */
    objects: z
      .string()
      .max(4096)
      .regex(/^\/[^\p{Cc}\p{Cs}]*$/u),
  }),
  /** Makes the site's own repository, to push to. */
  z.strictObject({ kind: z.literal('remote'), site: siteName, branch: gitRef.optional() }),
  z.strictObject({ kind: z.literal('webhook'), site: siteName, rotate: z.boolean() }),
  z.strictObject({
    kind: z.literal('deploy-key'),
    address,
    rotate: z.boolean(),
    /** Forget the host's key, and trust the one that it shows next. */
    forget_host: z.boolean(),
  }),
  /** Without a token the one that is kept is forgotten. */
  z.strictObject({
    kind: z.literal('deploy-token'),
    address,
    user: line.min(1).max(255),
    token: line.min(1).max(4096).nullable(),
  }),
  /** What the daemon asks for when a certificate is due. */
  z.strictObject({ kind: z.literal('renew'), site: siteName }),
  /** What the daemon asks for once a day: the trash, and releases that nobody goes back to. */
  z.strictObject({ kind: z.literal('prune') }),
  z.strictObject({ kind: z.literal('plan'), site: siteName }),
  z.strictObject({ kind: z.literal('check'), site: siteName }),
  z.strictObject({
    kind: z.literal('env-set'),
    site: siteName,
    /** The system has no way to hand on a value with a NUL in it. */
    values: z.record(environmentName, z.string().regex(/^[^\0\p{Cs}]*$/u, 'has a NUL byte or half of a character')),
  }),
  z.strictObject({ kind: z.literal('env-unset'), site: siteName, names: z.array(environmentName) }),
  /** A file of the owner's own for each release; what is there under that path is replaced. */
  z.strictObject({
    kind: z.literal('file-put'),
    site: siteName,
    path: z.string().regex(codePathPattern),
    /** In base64. */
    content: z
      .string()
      .max(4 * Math.ceil(ownFileBytes / 3))
      .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
    /** What its first `up` will take, where there is no such site yet: an absolute path, or a repository's URL. */
    source: line.min(1).max(4096).optional(),
  }),
  z.strictObject({ kind: z.literal('file-remove'), site: siteName, path: z.string().regex(codePathPattern) }),
  z.strictObject({
    kind: z.literal('tune'),
    site: siteName,
    /** Paths to ask for; absent: what visitors ask for most. */
    pages: z.array(z.string().regex(urlPathPattern)).min(1).optional(),
    /** Seconds of load for each setting. */
    seconds: z.number().min(1).max(60),
    /** Names as in the config's `[web] server`, and `own` for the site's own; absent: all that can run the application. */
    servers: z
      .array(z.string().regex(/^[a-z]{1,32}$/))
      .min(1)
      .optional(),
    /** Run with what is recommended from now on. */
    apply: z.boolean(),
  }),
  /** Takes back what `tune` was told to apply. */
  z.strictObject({ kind: z.literal('untune'), site: siteName }),
  /** What a site is in another kind of place, as files; they are the command line's to write. */
  z.strictObject({ kind: z.literal('export'), site: siteName, target: z.literal('compose') }),
  z.strictObject({ kind: z.literal('down'), site: siteName, delete_data: z.boolean() }),
]);

export type JobRequest = z.infer<typeof jobRequestSchema>;
export type JobKind = JobRequest['kind'];
export type JobOf<Kind extends JobKind> = Extract<JobRequest, { kind: Kind }>;
