import { request } from 'node:https';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

import { eventSchema } from '../../src/contract/events.ts';
import { Box, runCommand, type Ran } from '../../test/rig/box.ts';
import { Server } from '../../test/rig/server.ts';
import { type Breakdown, breakdown, type Run } from './breakdown.ts';

/*
 * How long `./roadie up examples/boards --yes` takes until the first visitor gets a 200: on a bare Debian 12 server where nothing is
 * installed (cold), again after the site was deleted (warm: packages installed, wheels in the cache), and again with nothing to
 * do. Where no server can be had, on this machine itself: no cold run then.
 */
const example = fileURLToPath(new URL('../../examples/boards', import.meta.url));

/** Where `up` is run. */
type Place = {
  readonly title: string;
  readonly site: string;
  readonly address: string;
  readonly port: number;
  /** The site's folder. */
  readonly folder: string;
  /** When the pinned toolchain was installed, in milliseconds since 1970; undefined where it was there before. */
  readonly toolchain: () => Promise<number | undefined>;
  readonly up: () => Promise<Ran>;
  readonly down: () => Promise<Ran>;
  readonly shell: (script: string) => Promise<string>;
  readonly close: () => Promise<void>;
};

async function onServer(server: Server): Promise<Place> {
  await server.shell('git clone --quiet /repository roadie');
  const roadie = (words: string) => server.run('/bin/bash', '-c', `cd roadie && ./roadie ${words}`);
  return {
    title: 'a bare Debian 12 (systemd as PID 1, Node.js, git, Python 3) in a container of this machine',
    site: 'boards',
    address: server.address,
    port: 443,
    folder: '/var/lib/roadie/sites/boards',
    toolchain: async () => Number(await server.shell('stat --format %.Y roadie/node_modules/.roadie-lock')) * 1000,
    up: () => roadie('up examples/boards --yes --json'),
    down: () => roadie('down boards --delete-data --confirm boards'),
    shell: (script) => server.shell(script),
    close: () => server.stop(),
  };
}

async function onThisMachine(): Promise<Place> {
  const box = await Box.open({ bare: true });
  const site = box.name('boards');
  return {
    title: 'this machine itself, where the packages were installed already',
    site,
    address: '127.0.0.1',
    port: box.ports.https,
    folder: `${box.folder}/base/sites/${site}`,
    toolchain: () => Promise.resolve(undefined),
    up: () => box.up(example, site, '--yes', '--json'),
    down: () => box.roadie(['down', site, '--delete-data', '--confirm', site]),
    shell: async (script) => {
      const ran = await runCommand(['/bin/bash', '-euc', script]);
      if (ran.code !== 0) throw new Error(ran.all);
      return ran.stdout;
    },
    close: () => box.close(),
  };
}

/** Runs `up` and asks the site all the while. */
async function measure(place: Place, options: { readonly toolchain: boolean }): Promise<Run> {
  const ending = new AbortController();
  const watching = firstServed(place, ending.signal);
  const began = Date.now();
  const ran = await place.up();
  const ended = Date.now();
  ending.abort();
  const served = await watching;
  if (ran.code !== 0) throw new Error(ran.all);
  const events = ran.stdout
    .split('\n')
    .filter((line) => line.includes('"time"'))
    .map((line) => eventSchema.parse(JSON.parse(line)));
  return { began, ended, served, events, toolchain: options.toolchain ? await place.toolchain() : undefined };
}

/** When the site answered 200 for the first time; undefined where it did so at once, or never. */
async function firstServed(place: Place, signal: AbortSignal): Promise<number | undefined> {
  for (let asked = 0; !signal.aborted; asked += 1) {
    if (await answers(place)) return asked === 0 ? undefined : Date.now();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return (await answers(place)) ? Date.now() : undefined;
}

function answers({ address, port, site }: Place): Promise<boolean> {
  const host = `${site}.localhost`;
  return new Promise((resolve) => {
    const asked = request(
      {
        host: address,
        port,
        servername: host,
        headers: { host: port === 443 ? host : `${host}:${port}` },
        rejectUnauthorized: false,
        agent: false,
        timeout: 2000,
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode === 200));
        response.on('error', () => resolve(false));
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

/** Deletes the site and its data, but not what was downloaded for it. */
async function deleteSite(place: Place): Promise<void> {
  const kept = `${place.folder}.kept`;
  await place.shell(`mv ${place.folder}/cache ${kept}`);
  const ran = await place.down();
  if (ran.code !== 0) throw new Error(ran.all);
  await place.shell(`mkdir --mode=0711 ${place.folder} && mv ${kept} ${place.folder}/cache`);
}

function print(place: Place, runs: readonly (readonly [string, Run])[], load: readonly number[]): void {
  const columns = runs.map(([name, run]) => ({ name, run, parts: breakdown(run) }));
  const parts = [...new Set(columns.flatMap((column) => [...column.parts.keys()]))];
  const most = (part: string): number => Math.max(...columns.map((column) => column.parts.get(part) ?? 0));
  const other = 'everything else';
  // What takes next to nothing in all runs is of no interest by itself.
  const rows = parts.filter((part) => part !== other && most(part) >= 0.15);
  const rest = (column: Breakdown): number =>
    [...column].reduce((sum, [part, seconds]) => sum + (rows.includes(part) ? 0 : seconds), 0);
  const cell = (seconds: number | undefined): string => (seconds === undefined ? '' : seconds.toFixed(1));
  const line = (label: string, cells: readonly (number | undefined)[]): string =>
    `| ${label} | ${cells.map(cell).join(' | ')} |`;
  const lines = [
    `\`./roadie up examples/boards --yes\` on ${place.title}. ${cpus()[0]?.model.trim() ?? 'CPU'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB; load average before each run: ${load.map((each) => each.toFixed(1)).join(', ')}.`,
    '',
    `| seconds | ${columns.map(({ name }) => name).join(' | ')} |`,
    `|---|${columns.map(() => '--:|').join('')}`,
    ...rows.map((part) =>
      line(
        part,
        columns.map((column) => column.parts.get(part)),
      ),
    ),
    line(
      other,
      columns.map((column) => rest(column.parts)),
    ),
    line(
      '**the whole command**',
      columns.map(({ run }) => (run.ended - run.began) / 1000),
    ),
    line(
      '**until the first 200**',
      columns.map(({ run }) => (run.served === undefined ? undefined : (run.served - run.began) / 1000)),
    ),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

export async function measureExample(): Promise<void> {
  const server = await Server.start({ say, first: true }).catch((error: unknown) => {
    say(`No server in a box here, so this machine is measured, warm: ${String(error)}`);
    return undefined;
  });
  const place = server ? await onServer(server) : await onThisMachine();
  try {
    const runs: [string, Run][] = [];
    const load: number[] = [];
    const take = async (name: string, options = { toolchain: false }): Promise<void> => {
      load.push(loadavg()[0] ?? Number.NaN);
      say(`${name} …`);
      runs.push([name, await measure(place, options)]);
    };
    if (server) await take('cold', { toolchain: true });
    else await measure(place, { toolchain: false });
    await deleteSite(place);
    await take('warm');
    await take('nothing to do');
    print(place, runs, load);
  } finally {
    await place.close();
  }
}
