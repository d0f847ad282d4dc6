import { constant, constantFrom, jsonValue, oneof, record, sample } from 'fast-check';

import { jobRequestSchema } from '../../src/contract/jobs.ts';
import { askDaemon } from './api.ts';
import { type Area, type Attack, outcome } from './attack.ts';
import type { World } from './world.ts';

/** How many jobs the daemon has begun so far. */
async function jobs(world: World): Promise<number> {
  return (await world.events()).filter(({ type }) => type === 'job-started').length;
}

/** Sends bodies to `POST /v1/jobs` and answers what was taken, and whether a word of theirs stands in the events. */
async function post(world: World, bodies: readonly unknown[], word: string): Promise<readonly string[]> {
  const before = await jobs(world);
  const wrong: string[] = [];
  for (const body of bodies) {
    const text = JSON.stringify(body) ?? 'null';
    const { status } = await askDaemon(world, 'POST', '/v1/jobs?wait=1', text);
    if (status !== 400) wrong.push(`${text.slice(0, 60)} is answered ${status}`);
    // Each of them has become a job: that is shown by now.
    if (wrong.length === 8) break;
  }
  const begun = (await jobs(world)) - before;
  if (begun > 0) wrong.push(`${begun} jobs were begun`);
  if (JSON.stringify(await world.events()).includes(word)) wrong.push('a word of theirs stands in the events');
  return wrong;
}

const invented: Attack = {
  name: 'operations that do not exist',
  who: 'local user',
  how: 'as root: `null`, `[]`, numbers, texts, an invented kind, a kind with fields of another, one too many, missing ones, names with `..` and NULs, to `POST /v1/jobs`',
  promise: '400, no job is begun, no word of theirs is in the events',
  async run(world) {
    const word = `invented-${world.canary}`;
    const site = world.mallory.name;
    const bodies = [
      null,
      [],
      {},
      1,
      true,
      'up',
      [{ kind: 'up' }],
      { kind: null },
      { kind: word },
      { kind: word, site },
      { kind: 'down' },
      { kind: 'down', site: '../..', delete_data: true },
      { kind: 'down', site, delete_data: 'yes' },
      { kind: 'down', site, delete_data: true, extra: word },
      { kind: 'env-set', site, values: { 'A=B': 'c' } },
      { kind: 'env-set', site, values: { A: 'a\0b' } },
      { kind: 'env-set', site, values: { A: 1 } },
      { kind: 'rollback', site },
      { kind: 'deploy', site: [site] },
      { kind: 'follow', site, revision: 'HEAD' },
      { kind: 'push', site, branch: '', revision: 'x', objects: '/' },
      { kind: 'up', source: '' },
      { kind: 'up', source: 7 },
      { kind: 'plan', site: `${site}\n` },
    ];
    return outcome(await post(world, bodies, word), `${bodies.length} bodies, all 400`);
  },
};

const fuzz: Attack = {
  name: 'operations made at random',
  who: 'local user',
  how: 'as root: 300 bodies by fast-check, half of them true operations with one thing changed, to `POST /v1/jobs`',
  promise: '400 wherever the contract’s schema does not accept it, no job is begun',
  async run(world) {
    const word = `random-${world.canary}`;
    const kinds = jobRequestSchema.options.map((option) => option.shape.kind.value);
    const value = oneof(jsonValue(), constant(word), constantFrom(null, true, -1, [], {}));
    const near = record(
      {
        kind: constantFrom(...kinds),
        site: value,
        name: value,
        source: value,
        values: value,
        names: value,
        ref: value,
        force: value,
      },
      { requiredKeys: ['kind'] },
    );
    // The mutation of a true operation could be one: only what the schema refuses is sent.
    const bodies = sample(oneof(near, value), 300).filter((body) => !jobRequestSchema.safeParse(body).success);
    return outcome(await post(world, bodies, word), `${bodies.length} bodies, all 400`);
  },
};

export const schemasArea: Area = { id: 'schemas', title: 'The API’s schemas (8)', attacks: [invented, fuzz] };
