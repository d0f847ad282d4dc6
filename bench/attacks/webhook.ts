import { createHmac } from 'node:crypto';
import { request } from 'node:http';

import type { Page } from '../../test/rig/box.ts';
import { type Area, type Attack, outcome } from './attack.ts';
import type { World } from './world.ts';
import { until } from '../faults/until.ts';

type Headers = Readonly<Record<string, string>>;

let known: Promise<string> | undefined;

/** The neighbour's secret for webhooks. */
function secretOf(world: World): Promise<string> {
  known ??= world
    .must(world.box.roadie(['webhook', world.neighbour.name, '--json', '--wait']))
    .then(({ stdout }) => (JSON.parse(stdout) as { secret: string }).secret);
  return known;
}

const call = (world: World, body: string, headers: Headers): Promise<Page> =>
  world.get(world.neighbour, '/.roadie/hook', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });

const pushOf = (commit: string, ref = 'refs/heads/main'): string =>
  JSON.stringify({ ref, after: commit, repository: { default_branch: 'main' } });

function signed(body: string, delivery: string, secret: string): Headers {
  return {
    'x-github-event': 'push',
    'x-github-delivery': delivery,
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
}

async function attempts(world: World): Promise<number> {
  return (await world.events()).filter(
    (event) => event.type === 'job-started' && event.kind === 'follow' && event.site === world.neighbour.name,
  ).length;
}

const forged: Attack = {
  name: 'forged calls',
  who: 'visitor',
  how: 'no signature, an empty, short, long, upper-case or wrong one, the right one for another body, of another site, with a second that is wrong, SHA-1 alone, and a guessed token',
  promise: '401, and nothing is asked or released',
  async run(world) {
    const secret = await secretOf(world);
    const body = pushOf(world.neighbour.repository.head());
    const right = signed(body, 'd', secret);
    const signature = right['x-hub-signature-256'] ?? '';
    const tries: readonly (readonly [string, Headers])[] = [
      [body, { 'x-github-event': 'push' }],
      [body, { ...right, 'x-hub-signature-256': '' }],
      [body, { ...right, 'x-hub-signature-256': signature.slice(0, 20) }],
      [body, { ...right, 'x-hub-signature-256': `${signature}00` }],
      [body, { ...right, 'x-hub-signature-256': signature.replace('sha256=', '') }],
      [body, { ...right, 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }],
      [`${body} `, right],
      [body, signed(body, 'd', `${secret}x`)],
      [body, signed(body, 'd', '')],
      [body, { ...right, 'x-gitea-signature': '0'.repeat(64) }],
      [
        body,
        {
          'x-github-event': 'push',
          'x-hub-signature': `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`,
        },
      ],
      [body, { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': 'guess' }],
      [body, { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': '' }],
    ];
    const before = await attempts(world);
    const wrong: string[] = [];
    for (const [index, [text, headers]] of tries.entries()) {
      const { status } = await call(world, text, headers);
      if (status !== 401) wrong.push(`try ${index + 1} is answered ${status}`);
      // One address may call 5 times a second.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    if ((await attempts(world)) > before) wrong.push('something was released');
    return outcome(wrong, `${tries.length} tries, all 401`);
  },
};

const misuse: Attack = {
  name: 'calls that mean nothing',
  who: 'visitor',
  how: 'rightly signed: another branch, a tag, a ping, a ref with `..`, a body that is no JSON, one of 1.1 MB, GET, another site’s name, the same delivery twice',
  promise: '200 and nothing, 400, 403, 413; 409 for the replay',
  async run(world) {
    const secret = await secretOf(world);
    const wrong: string[] = [];
    const head = world.neighbour.repository.head();
    const expectStatus = (what: string, { status }: Page, wanted: readonly number[]): void => {
      if (!wanted.includes(status)) wrong.push(`${what} is answered ${status}`);
    };
    const before = await attempts(world);
    for (const [ref, wanted] of [
      ['refs/heads/other', [200]],
      ['refs/tags/v1', [200]],
      ['refs/heads/../../x', [200, 400]],
      ['x', [200, 400]],
    ] as const) {
      const body = pushOf(head, ref);
      expectStatus(ref, await call(world, body, signed(body, `nothing ${ref}`, secret)), wanted);
    }
    expectStatus(
      'a ping',
      await call(world, '{}', { ...signed('{}', 'ping', secret), 'x-github-event': 'ping' }),
      [200],
    );
    expectStatus('no JSON', await call(world, '{', signed('{', 'bad', secret)), [400]);
    const large = 'x'.repeat(1_100_000);
    expectStatus('1.1 MB', await call(world, large, signed(large, 'large', secret)), [413]);
    expectStatus('GET', await world.get(world.neighbour, '/.roadie/hook'), [403, 405]);
    const body = pushOf(head);
    expectStatus(
      'the other site',
      await world.get(world.mallory, '/.roadie/hook', {
        method: 'POST',
        headers: signed(body, 'theirs', secret),
        body,
      }),
      [401, 404],
    );
    if ((await attempts(world)) > before) wrong.push('something was released');
    expectStatus('a delivery', await call(world, body, signed(body, 'twice', secret)), [200, 202]);
    expectStatus('the same again', await call(world, body, signed(body, 'twice', secret)), [409]);
    return outcome(wrong, '11 calls, nothing released');
  },
};

const flood: Attack = {
  name: 'a flood of calls',
  who: 'visitor',
  how: '1,000 rightly signed calls, 50 at a time, with a new delivery each',
  promise: 'one release, the rest 202 or 429; the site answers all the while',
  async run(world) {
    const secret = await secretOf(world);
    const { neighbour } = world;
    const before = await attempts(world);
    await neighbour.project.say('flooded');
    const body = pushOf(neighbour.repository.push('flood'));
    const statuses = new Map<number, number>();
    for (let round = 0; round < 20; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => call(world, body, signed(body, `${round}-${index}`, secret))),
      );
      for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    const wrong: string[] = [];
    const health = await world.get(neighbour, '/health/');
    if (health.status !== 200) wrong.push(`the site answers ${health.status}`);
    if ((statuses.get(202) ?? 0) + (statuses.get(429) ?? 0) !== 1000) wrong.push('some calls were answered otherwise');
    await until('the release', 90_000, async () => (await world.get(neighbour, '/')).body === 'flooded');
    const releases = (await attempts(world)) - before;
    if (releases !== 1) wrong.push(`${releases} releases`);
    return outcome(wrong, `${[...statuses].map(([status, count]) => `${count} × ${status}`).join(', ')}; 1 release`);
  },
};

const timing: Attack = {
  name: 'the signature by its time',
  who: 'visitor',
  how: 'signatures right in 0, 32 and 63 of 64 digits, 100 calls each in turn on the daemon’s own socket, timed',
  promise: 'the medians differ by less than a millisecond: nothing is to be learnt from them',
  async run(world) {
    const secret = await secretOf(world);
    const body = pushOf(world.neighbour.repository.head());
    const right = createHmac('sha256', secret).update(body).digest('hex');
    const times = new Map<number, number[]>([
      [0, []],
      [32, []],
      [63, []],
    ]);
    const wrongDigit = (digit: string): string => (digit === '0' ? '1' : '0');
    for (let round = 0; round < 100; round += 1)
      for (const [digits, list] of times) {
        const signature = right.slice(0, digits) + right.slice(digits).replaceAll(/./g, wrongDigit);
        const start = performance.now();
        await new Promise<void>((resolve, reject) => {
          const asked = request(
            {
              socketPath: `${world.box.folder}/run/.webhook/webhook.sock`,
              method: 'POST',
              path: `/${world.neighbour.name}`,
              agent: false,
              headers: {
                'content-length': Buffer.byteLength(body),
                'x-github-event': 'push',
                'x-hub-signature-256': `sha256=${signature}`,
              },
            },
            (response) => {
              response.resume();
              response.once('end', () => resolve());
            },
          );
          asked.once('error', reject);
          asked.end(body);
        });
        list.push(performance.now() - start);
      }
    const medians = [...times.values()].map((list) => list.toSorted((a, b) => a - b)[50] ?? 0);
    const spread = Math.max(...medians) - Math.min(...medians);
    return outcome(
      spread < 1 ? [] : [`the medians differ by ${spread.toFixed(2)} ms`],
      `medians ${medians.map((each) => each.toFixed(2)).join(', ')} ms`,
    );
  },
};

export const webhookArea: Area = { id: 'webhook', title: 'Webhooks', attacks: [forged, misuse, timing, flood] };
