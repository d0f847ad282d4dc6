import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';

import { HeldClock } from '../../test/rig/held-clock.ts';
import { matching, nearlyFitting, oddText } from '../../test/rig/schema-samples.ts';
import type { SiteRecord } from '../sites/record.ts';
import { bodySchemas } from '../contract/bodies.ts';
import bodies from '../contract/bodies.json' with { type: 'json' };
import type { Schema } from '../contract/check.ts';
import { type Endpoint, endpoints, parameters } from '../contract/endpoints.ts';
import { problemSchema, type RoadieEvent } from '../contract/events.ts';
import { serveApi } from '../machine/network/api-server.ts';
import { layout } from '../machine/layout.ts';
import { SiteRecords } from '../sites/store.ts';
import { EventLog } from './event-log.ts';
import type { Daemon } from './handlers.ts';
import { JobRunner } from './job-runner.ts';
import { respond } from './respond.ts';

/** The API on a real socket, with real jobs that do nothing; of the supervisor it is only noted what it is asked. */
let folder: string;
let socketPath: string;
let server: { close(): Promise<void> };
const asked: string[] = [];
const recorded: RoadieEvent[] = [];
const ending = new AbortController();

beforeAll(async () => {
  folder = mkdtempSync('/tmp/roadie-fuzz-');
  socketPath = join(folder, 'roadie.sock');
  const place = layout(folder, folder);
  const records = new SiteRecords(place);
  await records.write({
    name: 'forum',
    request: { kind: 'up', source: '/srv/forum' },
    domains: ['forum.example'],
    ports: { http: 80, https: 443 },
    ownerEnvironment: {},
    secrets: {},
    group: { group: 'forum', folders: [], services: [] },
  } satisfies SiteRecord);
  const events = new EventLog(place.eventLog, new HeldClock());
  void events.follow((event) => recorded.push(event), ending.signal);
  const done = `printf '%s\\n' '{"type":"job-end","outcome":"done","result":{}}'`;
  const jobs = new JobRunner({
    command: ['sh', '-c', `head -n 1 >> ${folder}/jobs; ${done}`],
    events,
  });
  const ask = (name: string) => (): Promise<never[]> => {
    asked.push(name);
    return Promise.resolve([]);
  };
  const daemon: Daemon = {
    schedule: { table: () => [] },
    notEnforced: [],
    version: '1.2.3',
    layout: place,
    records,
    supervisor: {
      status: () => [{ group: 'forum', services: [] }],
      serviceLogs: () => [],
      openPorts: () => [],
      start: ask('start'),
      stop: ask('stop'),
      restart: ask('restart'),
      reconcile: async () => ({ changed: await ask('reconcile')() }),
      reload: ask('reload'),
      forget: ask('forget'),
    },
    events,
    jobs,
    watching: { statusOf: () => undefined },
    bake: { viewOf: () => undefined, alarmOf: () => undefined },
    stop: () => asked.push('stop daemon'),
  };
  server = await serveApi(socketPath, (request) => respond(request, daemon));
});
afterAll(async () => {
  ending.abort();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

type Sent = { readonly method: string; readonly path: string; readonly body: Buffer };
type Got = { readonly status: number; readonly text: string };

/** Sends a request; of a stream that goes on only the beginning is had. */
function send({ method, path, body }: Sent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const length = body.length > 0 ? { 'content-length': body.length } : {};
    const asking = httpRequest({ socketPath, method, path, agent: false, headers: length }, (response) => {
      const status = response.statusCode ?? 0;
      let text = '';
      if (status === 200 && path.includes('follow=1')) {
        asking.destroy();
        resolve({ status, text });
        return;
      }
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status, text }));
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

const patterns: ReadonlyMap<string, RegExp> = new Map(Object.entries(parameters));
const table = Object.entries(endpoints) as [keyof typeof endpoints, Endpoint][];

/** The name of the endpoint that a request is valid for, by the contract alone. */
function validFor({ method, path, body }: Sent): string | undefined {
  const [target = '', ...search] = path.split('?');
  const query = [...new URLSearchParams(search.join('?'))];
  const found = table.find(([, endpoint]) => {
    const names = [...endpoint.path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '');
    const values = new RegExp(`^${endpoint.path.replaceAll(/:\w+/g, '([^/]+)')}$`).exec(target)?.slice(1);
    if (endpoint.method !== method || !values) return false;
    const given = [...names.map((name, index): [string, string] => [name, values[index] ?? '']), ...query];
    return (
      given.every(([key, value]) => patterns.get(key)?.test(value) === true) &&
      query.every(([key]) => endpoint.query.some((name) => name === key)) &&
      new Set(query.map(([key]) => key)).size === query.length
    );
  });
  if (!found) return undefined;
  const [name] = found;
  if (!(name in bodySchemas)) return body.length === 0 ? name : undefined;
  return bodySchemas[name as keyof typeof bodySchemas].safeParse(json(body)).success ? name : undefined;
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)) as unknown;
  } catch {
    return undefined;
  }
}

/** Only what an HTTP client can be made to send. */
function sendable(text: string): string {
  return text.replaceAll(/[^\u0021-\u00FF]/g, (each) => encodeURIComponent(each.toWellFormed()));
}

const schemas: Readonly<Record<string, Schema>> = bodies;

/** What may stand for each parameter, and what somebody might write instead. Made once: to read a pattern takes long. */
const values: ReadonlyMap<string, fc.Arbitrary<string>> = new Map(
  [...patterns].map(([key, pattern]) => [
    key,
    fc.oneof(
      { weight: 12, arbitrary: pattern.test('forum') ? fc.constant('forum') : matching(pattern) },
      { weight: 1, arbitrary: matching(pattern) },
      { weight: 1, arbitrary: oddText.map(encoded) },
      { weight: 1, arbitrary: oddText },
    ),
  ]),
);
const noValue = fc.constant('1');

const anyBody = fc
  .oneof(
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.uint8Array({ maxLength: 64 }),
    fc.constantFrom('null', '[]', '{}', '', '['.repeat(10_000) + ']'.repeat(10_000), 'x'.repeat(1024 * 1024 + 1)),
  )
  .map((body) => Buffer.from(body as string));

/** Requests to one endpoint, about half of them valid. */
function requestsTo(name: string, endpoint: Endpoint): fc.Arbitrary<Sent> {
  const path = fc
    .tuple(
      ...endpoint.path
        .split('/')
        .map((part) => (part.startsWith(':') ? (values.get(part.slice(1)) ?? noValue) : fc.constant(part))),
    )
    .map((parts) => parts.join('/'));
  const keys = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...endpoint.query, ...(endpoint.query.length > 0 ? [] : ['x'])) },
    { weight: 1, arbitrary: fc.oneof(fc.constantFrom(...patterns.keys()), oddText.map(encoded)) },
  );
  const pair = keys.chain((key) => (values.get(key) ?? noValue).map((value) => `${key}=${value}`));
  const query = fc.oneof(
    { weight: 2, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.array(pair, { maxLength: 3 }).map((pairs) => `?${pairs.join('&')}`) },
  );
  const schema = schemas[name];
  const fitting = schema
    ? nearlyFitting(schema).map((value) => Buffer.from(JSON.stringify(value)))
    : fc.constant(Buffer.alloc(0));
  return fc.record({
    method: fc.oneof(
      { weight: 20, arbitrary: fc.constant<string>(endpoint.method) },
      { weight: 1, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS') },
    ),
    path: fc
      .tuple(
        fc.oneof(
          { weight: 20, arbitrary: path },
          { weight: 1, arbitrary: fc.tuple(path, oddText).map((parts) => parts.join('')) },
          { weight: 1, arbitrary: oddText.map((text) => `/${text}`) },
        ),
        query,
      )
      .map((parts) => sendable(parts.join(''))),
    body: fc.oneof({ weight: 10, arbitrary: fitting }, { weight: 1, arbitrary: anyBody }),
  });
}

/** Whatever is in the table of endpoints comes here by itself. */
const requests = fc.oneof(...table.map(([name, endpoint]) => requestsTo(name, endpoint)));

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

const refusal = z.strictObject({ problems: z.tuple([problemSchema], problemSchema) });

function expectRefused({ method }: Sent, { status, text }: Got): void {
  expect([400, 404, 405, 413, 431]).toContain(status);
  // An answer to HEAD has no body.
  expect(method === 'HEAD' ? 'bad-arguments' : refusal.parse(JSON.parse(text)).problems[0].code).toBe('bad-arguments');
  expect([asked, recorded]).toEqual([[], []]);
}

/** Or well asked, of what is not there. */
function expectDone({ status, text }: Got): void {
  if (status === 200) return;
  expect(status).toBe(404);
  expect(refusal.parse(JSON.parse(text)).problems[0].code).toMatch(/^unknown-/);
}

describe('any request at all', () => {
  test('is done where the contract allows it, and is refused without a trace where it does not', async () => {
    const log = vi.spyOn(process.stderr, 'write');
    const valid: Record<string, number> = {};
    const refused: Record<number, number> = {};
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        asked.length = 0;
        recorded.length = 0;
        const got = await send(request);
        const name = validFor(request);
        if (name === undefined) {
          refused[got.status] = (refused[got.status] ?? 0) + 1;
          expectRefused(request, got);
        } else {
          valid[name] = (valid[name] ?? 0) + 1;
          expectDone(got);
        }
        expect(log).not.toHaveBeenCalled();
      }),
      { numRuns: 2000, endOnFailure: true },
    );
    expect(await send({ method: 'GET', path: '/v1/status', body: Buffer.alloc(0) })).toMatchObject({ status: 200 });
    // Each endpoint was reached, and each kind of refusal was met: else this would say little.
    expect(Object.keys(valid).toSorted()).toEqual(Object.keys(endpoints).toSorted());
    expect(Object.keys(refused)).toEqual(expect.arrayContaining(['400', '404', '405', '413']));
    const jobs = readFileSync(join(folder, 'jobs'), 'utf8').trim().split('\n');
    expect(jobs).toHaveLength(valid['job'] ?? 0);
    for (const job of jobs)
      expect(bodySchemas.job.safeParse((JSON.parse(job) as { request: unknown }).request).success).toBe(true);
  });

  test.each([
    ['null', 'null'],
    ['a list', '[]'],
    ['an invented kind', '{"kind":"canary"}'],
  ])('with %s for a job starts none', async (_, body) => {
    recorded.length = 0;
    const got = await send({ method: 'POST', path: '/v1/jobs', body: Buffer.from(body) });
    expect(got.status).toBe(400);
    expect(got.text).not.toContain('canary');
    expect(recorded).toEqual([]);
  });
});
