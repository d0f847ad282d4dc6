import { request } from 'node:https';

import { type Area, type Attack, outcome, type Outcome } from './attack.ts';
import { sendRaw } from '../../test/rig/raw.ts';
import { config } from './sites.ts';
import type { World } from './world.ts';
import { until } from '../faults/until.ts';

/** Seconds of the watch over each new release here. */
const bakeSeconds = 8;

/** Asks the neighbour for a path from an address of the loopback network. */
async function ask(world: World, path: string, from: string): Promise<void> {
  const { neighbour, box } = world;
  await new Promise<void>((resolve) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port: box.ports.https,
        path,
        servername: neighbour.domain,
        localAddress: from,
        rejectUnauthorized: false,
        agent: false,
        headers: { host: `${neighbour.domain}:${box.ports.https}` },
      },
      (response) => {
        response.resume();
        response.once('close', () => resolve());
      },
    );
    asked.once('error', () => resolve());
    asked.end();
  });
}

let version = 0;

/** Deploys a good release to the neighbour, lets visitors do something while it is watched, and answers what became of it. */
async function whileWatched(
  world: World,
  options: {
    readonly before?: () => Promise<void>;
    readonly visitors: () => Promise<void>;
    readonly files?: Readonly<Record<string, string>>;
  },
): Promise<{ readonly stands: boolean; readonly held: boolean; readonly notes: readonly string[] }> {
  const { neighbour } = world;
  version += 1;
  await options.before?.();
  // NGINX writes its log every two seconds.
  if (options.before) await new Promise((resolve) => setTimeout(resolve, 2500));
  await neighbour.commit({
    'roadie.toml': config([neighbour.domain, 'localhost'], { bake: bakeSeconds }),
    'notes/version.py': `VERSION = ${version}\n`,
    ...options.files,
  });
  const seen = (await world.events()).length;
  await world.must(world.deploy(neighbour));
  const { live } = await world.releases(neighbour);
  await options.visitors();
  await new Promise((resolve) => setTimeout(resolve, (bakeSeconds + 4) * 1000));
  await until('the operation to end', 60_000, async () => (await world.releases(neighbour)).running === null);
  const after = await world.releases(neighbour);
  const notes = (await world.events()).slice(seen).flatMap((event) => (event.type === 'note' ? [event.text] : []));
  return { stands: after.live === live, held: after.held !== null, notes };
}

function judged(result: Awaited<ReturnType<typeof whileWatched>>): Outcome {
  const wrong = [...(result.stands ? [] : ['the release was given up']), ...(result.held ? ['the site is held'] : [])];
  return outcome(
    wrong.length > 0 ? [...wrong, ...result.notes.filter((text) => text.includes('given up'))] : [],
    `the release stands: ${result.notes.find((text) => /proven|requests/.test(text)) ?? 'nothing was noted'}`,
  );
}

const ownAnswers: Attack = {
  name: 'answers that are NGINX’s own',
  who: 'visitor',
  how: '12 requests with `Transfer-Encoding: xchunked` (501), and 30 that are cut off, malformed or too large, while a new release was watched',
  promise: 'the release stands, and nothing is held',
  async run(world) {
    const { neighbour, box } = world;
    const options = { port: box.ports.https, servername: neighbour.domain, patience: 1500 };
    const result = await whileWatched(world, {
      visitors: async () => {
        for (let count = 0; count < 12; count += 1)
          await sendRaw(
            `GET /health/ HTTP/1.1\r\nHost: ${neighbour.domain}\r\nTransfer-Encoding: xchunked\r\n\r\n`,
            options,
          );
        for (const request of [
          'GET /health/ HTTP/3.0\r\nHost: HOST\r\n\r\n',
          'BREW / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n',
          'GET /health/ HTTP/1.1\r\nHost: HOST\r\nContent-Length: +1\r\n\r\n',
        ])
          for (let count = 0; count < 10; count += 1) await sendRaw(request.replace('HOST', neighbour.domain), options);
      },
    });
    return judged(result);
  },
};

const brokenBefore: Attack = {
  name: 'an address that was broken before',
  who: 'visitor',
  how: '40 requests from 8 addresses to a page that answered 500 before the switch as well',
  promise: 'the release stands, and nothing is held',
  async run(world) {
    const visit = async (): Promise<void> => {
      for (let count = 0; count < 40; count += 1) await ask(world, '/broken/', `127.0.1.${(count % 8) + 1}`);
    };
    return judged(await whileWatched(world, { before: visit, visitors: visit }));
  },
};

const oneClient: Attack = {
  name: 'one visitor alone',
  who: 'visitor',
  how: '30 requests from one address to one page that fails only in the new release, and nobody else came',
  promise: 'one client and one path do not decide: the release stands',
  async run(world) {
    const { neighbour } = world;
    const result = await whileWatched(world, {
      files: { 'tiny/views.py': viewsOf('raise RuntimeError("new")') },
      visitors: async () => {
        for (let count = 0; count < 30; count += 1) await ask(world, '/rows/', '127.0.1.1');
      },
    });
    await neighbour.commit({ 'tiny/views.py': viewsOf('pass') });
    await world.must(world.deploy(neighbour));
    return judged(result);
  },
};

const trulyBad: Attack = {
  name: 'the watch put to sleep',
  who: 'committer',
  how: 'a release that truly fails, for 12 visitors on all pages, beside as much noise as above; then a commit that puts it right',
  promise: 'it is sent back, `status` says so, the hold raises an alarm, and the next commit is not blocked for ever',
  async run(world) {
    const { neighbour, box } = world;
    const result = await whileWatched(world, {
      files: { 'tiny/views.py': viewsOf('raise RuntimeError("all of it")', true) },
      visitors: async () => {
        for (let count = 0; count < 48; count += 1)
          await ask(world, ['/', '/rows/', '/?page=2', '/rows/?q=1'][count % 4] ?? '/', `127.0.1.${(count % 12) + 1}`);
      },
    });
    const wrong = result.stands ? ['a release that fails for everybody stands'] : [];
    const told = await box.roadie(['status']);
    if (!/rolled back/.test(told.all)) wrong.push('status does not say that it was rolled back');
    if (!/held/.test(told.all)) wrong.push('status does not say that the site is held');
    const alarm = (await world.events()).some(
      (event) =>
        event.site === neighbour.name &&
        ((event.type as string) === 'alarm' || (event.type === 'note' && /held|hold/.test(event.text))),
    );
    if (!alarm) wrong.push('no event speaks of the hold');
    // The next commit comes by itself: the site follows its branch.
    await neighbour.commit({
      'tiny/views.py': viewsOf('pass'),
      'roadie.toml': config([neighbour.domain, 'localhost'], { poll: '1s', bake: 0 }),
    });
    await world.must(world.deploy(neighbour));
    await neighbour.commit({ 'tiny/views.py': viewsOf('pass').replace('back again', 'by itself') });
    const released = await until(
      'the commit after it',
      60_000,
      async () => (await world.get(neighbour, '/')).body === 'by itself',
    ).then(
      () => true,
      () => false,
    );
    if (!released) wrong.push('a commit after it is not released by itself');
    await neighbour.commit({
      'roadie.toml': config([neighbour.domain, 'localhost']),
      'tiny/views.py': viewsOf('pass'),
    });
    await world.must(world.deploy(neighbour));
    return outcome(wrong, 'sent back, told, and the next commit is live');
  },
};

/** The tiny project's views; what `bad` says happens in `/rows/`, and where `everywhere`, on the front page too once the gate has asked it. */
function viewsOf(bad: string, everywhere = false): string {
  return `import os
from django.http import HttpResponse
from notes.models import Note


def front(request):
    ${everywhere ? `if os.path.exists("/tmp/asked"): ${bad}` : 'pass'}
    open("/tmp/asked", "w").close()
    return HttpResponse("back again")


def health(request):
    return HttpResponse("ok")


def rows(request):
    ${bad}
    return HttpResponse(str(Note.objects.count()))
`;
}

export const vetoArea: Area = {
  id: 'veto',
  title: 'A visitor’s veto (2)',
  attacks: [ownAnswers, brokenBefore, oneClient, trulyBad],
  after: async (world) => {
    const { neighbour } = world;
    await neighbour.commit({
      'roadie.toml': config([neighbour.domain, 'localhost']),
      'tiny/views.py': viewsOf('pass'),
    });
    await world.must(world.deploy(neighbour));
  },
};
