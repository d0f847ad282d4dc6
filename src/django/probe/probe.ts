import * as z from 'zod';

import type { EnvironmentName, Probe } from '../facts.ts';
import { failed, ok, type Problem, type Result } from '../../problems/problem.ts';
import { lineBehind } from '../marked-line.ts';

/** The line before the answer: whatever a project prints while it is imported comes before it, or after the answer. */
export const probeMarker = '--- roadie probe ---';

const texts = z.array(z.string());

const probeSchema = z.strictObject({
  djangoVersion: z.string(),
  pythonVersion: z.string(),
  settingsModule: z.string(),
  debug: z.boolean(),
  allowedHosts: texts,
  csrfTrustedOrigins: texts,
  secretKeyStrength: z.enum(['strong', 'weak']),
  wsgiApplication: z.string().nullable(),
  asgiApplication: z.string().nullable(),
  rootUrlconf: z.string().nullable(),
  staticUrl: z.string().nullable(),
  staticRoot: z.string().nullable(),
  unclaimedStatic: texts,
  staticStorage: z.string().nullable(),
  mediaUrl: z.string(),
  mediaRoot: z.string(),
  uploadPermissions: z.int().nullable(),
  uploadFolderPermissions: z.int().nullable(),
  channelLayers: z.record(z.string(), z.string()),
  defaultStorage: z.string().nullable(),
  databases: z.record(
    z.string(),
    z.strictObject({
      engine: z.string(),
      name: z.string(),
      user: z.string(),
      host: z.string(),
      port: z.string(),
      options: texts,
    }),
  ),
  caches: z.record(z.string(), z.strictObject({ backend: z.string(), location: z.string(), options: texts })),
  installedApps: texts,
  middleware: texts,
  commands: texts,
  healthPaths: texts,
  loginPath: z.string().nullable(),
  broker: z.string().nullable(),
  resultBackend: z.string().nullable(),
  fileLogs: z.record(z.string(), z.record(z.string(), z.union([z.string(), texts]))),
  redisSettings: z.record(z.string(), z.string()),
  queueSettings: z.record(z.string(), z.string()),
  immediateQueues: z.array(z.string()),
  developmentAssets: z.array(z.string()),
  security: z.record(z.string(), z.union([z.boolean(), z.number(), z.string(), z.null()])),
  distributions: z.record(z.string(), z.string()),
});

const failureSchema = z.strictObject({
  type: z.string(),
  text: z.string(),
  /** The last lines of the traceback. */
  traceback: z.string(),
  /** The error with the frames that tell: those of the project's own code, and the innermost one. */
  telling: z.string(),
  /** Where the project's own code last was, relative to its root where it lies below. */
  file: z.string().nullable(),
  line: z.int().nullable(),
  column: z.int().nullable(),
});

/** How the settings failed to load, in Python's words. */
export type ProbeFailure = z.infer<typeof failureSchema>;

const writeSchema = z.strictObject({
  /** Absolute. */
  path: z.string(),
  /** Made as a folder; else opened as a file. */
  folder: z.boolean(),
  /** The line of the project that wanted it, relative to the folder with manage.py. */
  file: z.string().nullable(),
  line: z.int().nullable(),
});

/** Something that a project tried to make or to open for writing while its settings and applications loaded. */
export type Write = Readonly<z.infer<typeof writeSchema>>;

const writes = z.array(writeSchema);

const answerSchema = z.union([
  z.strictObject({ probe: probeSchema, writes }),
  z.strictObject({ error: failureSchema, writes }),
]);

/** What `python/static_command.py` says that a command tried to write; nothing where it ended without saying. */
export function readWrites(stdout: string): readonly Write[] {
  const line = lineBehind('--- roadie writes ---', stdout);
  const found = writes.safeParse(parse(line));
  return found.success ? found.data : [];
}

/** What came of asking Django. `missing`: give these variables and ask again. */
export type ProbeAnswer = (
  | { readonly kind: 'probe'; readonly probe: Probe }
  | { readonly kind: 'missing'; readonly names: readonly [string, ...string[]]; readonly failure: ProbeFailure }
  | { readonly kind: 'failed'; readonly problem: Problem; readonly failure?: ProbeFailure }
) & { readonly writes: readonly Write[] };

/** Reads what `python/probe.py` printed. `stderr` explains an interpreter that died before it could answer. */
export function readProbe(stdout: string, stderr = ''): ProbeAnswer {
  const place = stdout.lastIndexOf(probeMarker);
  const line =
    place < 0
      ? undefined
      : stdout
          .slice(place + probeMarker.length)
          .trimStart()
          .split('\n')[0];
  const answer = answerSchema.safeParse(parse(line));
  if (!answer.success) {
    const detail = (stderr.trim() === '' ? stdout : stderr).trim().slice(-2000);
    return {
      kind: 'failed',
      writes: [],
      problem: {
        code: 'settings-failed',
        summary: 'Django ended without an answer while the settings were loaded',
        ...(detail !== '' && { detail }),
        cure: ['Look at what the settings do when they are imported: they must not end the program.'],
      },
    };
  }
  const { data } = answer;
  if ('probe' in data) return { kind: 'probe', ...data };
  const { error: failure, writes: written } = data;
  const [first, ...rest] = missingNames(failure);
  return first === undefined
    ? { kind: 'failed', problem: explainFailure(failure), failure, writes: written }
    : { kind: 'missing', names: [first, ...rest], failure, writes: written };
}

/** {@link readProbe} for those who will not ask again: missing variables are a problem like any other. */
export function parseProbe(stdout: string, stderr = '', site = 'SITE'): Result<Probe> {
  const answer = readProbe(stdout, stderr);
  if (answer.kind === 'probe') return ok(answer.probe);
  return failed(answer.kind === 'missing' ? missingVariables(answer.names, site) : answer.problem);
}

const name = `["'\`]?([A-Z][A-Z0-9_]{2,})["'\`]?`;

/** How projects and their libraries say that a variable is missing. */
const shapes: readonly RegExp[] = [
  new RegExp(`Set the ${name} (?:environment|env) var`, 'i'),
  new RegExp(`${name} not found\\. Declare it as envvar`),
  new RegExp(
    `(?:Environment|env(?:ironment)?) var(?:iable)? ${name} (?:is |was )?(?:not set|missing|required|not defined|must be set)`,
    'i',
  ),
  new RegExp(
    `${name} (?:environment|env) var(?:iable)? (?:is |was |must be )?(?:not |un)?(?:set|missing|required|defined)`,
    'i',
  ),
  new RegExp(`is required to be set as the environment variable ${name}`),
  new RegExp(`^${name} is required in env \\w+`),
  new RegExp(`Missing (?:required )?(?:environment|env) var(?:iable)?s?:? ${name}`, 'i'),
  new RegExp(`(?:please )?(?:set|define|provide) (?:the )?${name} in (?:the |your )?(?:environment|env)`, 'i'),
];

/** The variables that a failure names as missing, some without their prefix: empty where it is about something else. */
export function missingNames(failure: ProbeFailure): readonly string[] {
  const fields = [...failure.text.matchAll(/^([\w.]+)\n\s+Field required \[type=missing/gm)];
  if (fields.length > 0) return fields.map(([, field = '']) => field.replaceAll('.', '__').toUpperCase());
  // environs, where all is read before anything is refused.
  const sealed = [...failure.text.matchAll(/'(\w+)': \['Environment variable not set\.'\]/g)];
  if (sealed.length > 0) return sealed.map(([, name = '']) => name);
  if (failure.type === 'KeyError') {
    const key = /^["']([A-Z][A-Z0-9_]*)["']$/.exec(failure.text.trim())?.[1];
    // A KeyError about some other dictionary comes from a line without the environment in it.
    return key !== undefined && /environ|getenv|env\b/i.test(failure.traceback) ? [key] : [];
  }
  // Django says this of an empty value, whatever it was made from.
  const found = shapes.map((shape) => shape.exec(failure.text)?.[1]).find((found) => found !== undefined);
  return found === undefined ? [] : [found];
}

/** Python names the first part that is missing: with a dot in it, what holds it is there. */
function missingModule(module: string): [string, ...string[]] {
  const [top = module, ...parts] = module.split('.');
  if (parts.length === 0) return [`Declare the distribution that holds \`${top}\` in the project's requirements.`];
  return [
    `Where \`${top}\` is the project's own: add ${module.replaceAll('.', '/')}.py, which is not in what was released (does git ignore it?).`,
    `Where it is a distribution's: require a version of \`${top}\` that has it.`,
  ];
}

/** A failure that no variable cures, with the place in the project's own code. */
export function explainFailure(failure: ProbeFailure): Problem {
  const where =
    failure.file === null
      ? {}
      : {
          where: {
            file: failure.file,
            ...(failure.line !== null && { line: failure.line }),
            ...(failure.column !== null && { column: failure.column }),
          },
        };
  const said = failure.text.trim() === '' ? failure.type : `${failure.type}: ${failure.text.trim()}`;
  if (failure.type === 'SyntaxError' || failure.type === 'IndentationError' || failure.type === 'TabError') {
    return {
      code: 'settings-syntax-error',
      summary: `The project cannot be loaded: ${said}`,
      detail: failure.telling,
      ...where,
      cure: ['Fix that line, or run the project on the Python it was written for (`python` in roadie.toml).'],
    };
  }
  const module = /No module named '([^']+)'/.exec(failure.text)?.[1];
  const cure: [string, ...string[]] =
    module === undefined
      ? [
          'Fix what the message names; if it is a value from the environment, set it with `roadie env set SITE NAME=VALUE`.',
        ]
      : missingModule(module);
  return {
    code: 'settings-failed',
    summary: `The settings cannot be loaded: ${said}`,
    detail: failure.telling,
    ...where,
    cure,
  };
}

/** The settings choked on a value that Roadie gave, whatever its form (`forms`: those that may be shown). */
export function refusedValue(problem: Problem, read: EnvironmentName, forms: readonly string[], site: string): Problem {
  const { name, where } = read;
  const given = forms.length === 0 ? '' : ` It was given ${forms.map((form) => `'${form}'`).join(', then ')}.`;
  return {
    ...problem,
    summary: `${problem.summary}, perhaps for the value that Roadie gave for ${name}`,
    detail: [
      `${name} is read in ${where.file}:${where.line ?? 1}.${given}`,
      ...(problem.detail ?? '').split('\n'),
    ].join('\n'),
    cure: [`$ roadie env set ${site} ${name}=…`, ...problem.cure.slice(1)],
  };
}

/** All variables that only the owner knows, at once, with the line to type. `read`: what the source shows of them. */
export function missingVariables(
  names: readonly string[],
  site: string,
  read: readonly EnvironmentName[] = [],
): Problem {
  const all = [...new Set(names)];
  const places = all.flatMap((name) => read.find((one) => one.name === name) ?? []);
  const [first] = places;
  return {
    code: 'missing-variables',
    summary:
      all.length === 1
        ? `The settings need ${all[0] ?? ''} from the environment`
        : `The settings need ${all.length} variables from the environment: ${all.join(', ')}`,
    ...(first && { where: first.where }),
    ...(places.length > 1 && {
      detail: places.map(({ name, where }) => `${name}: ${where.file}:${where.line ?? 1}`).join('\n'),
    }),
    cure: [
      `$ roadie env set ${site} ${all.map((one) => `${one}=…`).join(' ')}`,
      'Or write them into [environment] in roadie.toml, if they are not secret.',
    ],
  };
}

function parse(line: string | undefined): unknown {
  try {
    return JSON.parse(line ?? '');
  } catch {
    return undefined;
  }
}
