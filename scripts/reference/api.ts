import {
  type Bodies,
  endpoints,
  type Endpoint,
  type EndpointName,
  type ParameterName,
  parameters as allowed,
} from '../../src/contract/endpoints.ts';
import { problemSchema } from '../../src/contract/events.ts';
import { jobRequestSchema } from '../../src/contract/jobs.ts';
import { planSchema } from '../../src/contract/plan.ts';
import { jobEndSchema, jobResultSchemas } from '../../src/contract/results.ts';
import { releasesSchema } from '../../src/contract/releases.ts';
import { watchSchema } from '../../src/contract/watch.ts';
import { statusSchema } from '../../src/contract/status.ts';
import { anchor, block, mono, page, sentence, table } from './markdown.ts';
import { literal, shape } from './shape.ts';

/** What a query parameter means. */
const parameters: Readonly<Record<Exclude<ParameterName, 'group'>, string>> = {
  follow: '`1`: go on with what happens, until you hang up',
  lines: 'how many past ones to give first; 100 unless given',
  site: 'only of this site',
  service: 'only this service of the site',
  keep: 'seconds for which a process that is replaced side by side stays ready to come back; none unless given',
  wait: '`1`: queue behind the operation that is running, instead of being refused',
  services: '`1`: stop everything that it supervises as well',
};

/** What each answer holds. One that is missing here does not compile. */
const answers: Readonly<Record<EndpointName, string>> = {
  status: 'The [status](#status).',
  events: 'A stream of [events](events.md).',
  job: "A stream of the operation's [events](events.md); the last value is its [end](#the-end-of-an-operation).",
  start: '`{ services: string[] }`: those that were started.',
  stop: '`{ services: string[] }`: those that were stopped.',
  restart: '`{ services: string[] }`: those that were restarted.',
  logs: 'A stream of `{ service: string, line: string }`.',
  releases: 'The [releases](#releases).',
  watch: 'The [watch](#watch).',
  environment:
    '`{ site, root, bin, environment, origins?, uid?, gid? }`: folders, variables, where each variable comes from, and who to run as. It holds secrets.',
  files: '`{ site, folder, files: { path, bytes, changed }[] }`: by their paths in the code, without their contents.',
  reconcile: '`{ changed: string[] }`: the services that it started, stopped or replaced.',
  reload: '`{ changed: string[] }`: the services that were told.',
  forget: '`{ changed: string[] }`: the services that were stopped.',
  stopDaemon: '`{ stopped: true }`.',
};

/** What each body is. */
const bodies: Readonly<Record<keyof Bodies, string>> = { job: 'an [operation](#operations).' };

/** Shapes that stand in others and have a section of their own. */
const named = { Plan: planSchema, Problem: problemSchema };

/** Every endpoint of the daemon. */
export function apiPage(): string {
  const all = Object.entries(endpoints) as [EndpointName, Endpoint][];
  return page('API of the daemon', [
    'The daemon answers HTTP on a unix socket, `roadie.sock` in the [run folder](files.md). The socket has mode 0600: who may open it may command. The command line uses nothing else, and needs no token.',
    block('sh', 'curl --unix-socket /run/roadie/roadie.sock http://roadie/v1/status'),
    'Requests and answers are JSON. Answers that are streams come as server-sent events: lines of `data:` with one JSON value each. Errors come as `{ problems: Problem[] }` with status 400 (the request), 404 (no such thing), 405 (another method is wanted), 409 (another operation is running), 413 (more than 1 MiB) or 500 (a bug).',
    'The API changes with the version: use the `roadie` that came with the daemon, or expect to follow the changelog.',
    table(
      ['Endpoint', 'Does'],
      all.map(([, { method, path, about }]) => [
        `[${mono(`${method} ${path}`)}](#${anchor(`${method} ${path}`)})`,
        sentence(about),
      ]),
    ),
    ...refused(),
    ...all.flatMap(([name, endpoint]) => describe(name, endpoint)),
    '## Shapes',
    '### Status',
    block('ts', shape(statusSchema)),
    'Memory is the resident set of the whole process tree in bytes; processor time is in percent of one core since the last look.',
    '### Releases',
    block('ts', shape(releasesSchema)),
    '### Watch',
    block('ts', shape(watchSchema)),
    '### Operations',
    'The body of `POST /v1/jobs` is one of these, and each ends with its own result.',
    ...jobRequestSchema.options.flatMap((schema) => {
      const kind = literal(schema, 'kind') as keyof typeof jobResultSchemas;
      return [
        `#### ${kind}`,
        'Request:',
        block('ts', shape(schema)),
        'Result:',
        block('ts', shape(jobResultSchemas[kind], named)),
      ];
    }),
    '### The end of an operation',
    '`result` is that of the operation, above.',
    block('ts', jobEndSchema.options.map((schema) => `| ${shape(schema, named)}`).join('\n')),
    '### Plan',
    block('ts', shape(planSchema)),
    '### Problem',
    'The codes are listed in [Problems](problems.md).',
    block('ts', shape(problemSchema).replace(/code: [^\n]*,/, 'code: string,')),
  ]);
}

/** What no handler ever sees. */
function refused(): readonly string[] {
  return [
    '## What is refused',
    'A request that does not fit this page is refused before anything is done for it: no process is started, and nothing of it gets into events, logs or the list of processes. The problem is `bad-arguments`, and names each mistake with its place in the body, ten at most, without repeating values:',
    block('json', JSON.stringify(example, undefined, 2)),
    [
      '- **Path**: as it stands here, without percent-encoding, `//`, `..` or a host. Else 404.',
      '- **Parameters**: those of the endpoint, each once, with a value that matches the pattern below. Else 400.',
      '- **Body**: one JSON value in UTF-8 without a byte order mark, whatever the content type says, that fits the schema. Else 400. An endpoint that takes no body refuses one with 400. The schemas are, as JSON Schema, in `src/contract/bodies.json`: they have the lengths and patterns that the shapes on this page leave out.',
      '- **HTTP**: what is no HTTP gets 400, a head of more than 16 KiB 431, one that is not complete in time 408.',
    ].join('\n'),
    table(
      ['Parameter', 'Matches'],
      Object.entries(allowed).map(([name, pattern]) => [mono(name), mono(pattern.source.replaceAll('|', '\\|'))]),
    ),
  ];
}

const example = {
  problems: [
    {
      code: 'bad-arguments',
      summary: 'The daemon does not understand the request: force: is missing',
      detail: 'force: is missing\nsite: expected string\nrelaese: unknown key',
      cure: ['…'],
    },
  ],
};

function describe(name: EndpointName, endpoint: Endpoint): readonly string[] {
  return [
    `## ${endpoint.method} ${endpoint.path}`,
    sentence(endpoint.about),
    endpoint.query.length === 0
      ? ''
      : table(
          ['Query', 'Meaning'],
          endpoint.query.map((key) => [mono(key), sentence(parameter(key))]),
        ),
    name in bodies ? `Body: ${bodies[name as keyof Bodies]}` : '',
    `Answer: ${answers[name]}`,
  ];
}

function parameter(key: string): string {
  const found: string | undefined = (parameters as Readonly<Record<string, string>>)[key];
  if (found === undefined) throw new Error(`scripts/reference/api.ts does not say what ${key} means`);
  return found;
}
