import { spawn, type ChildProcess } from 'node:child_process';
import { openSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { once } from 'node:events';
import { join } from 'node:path';

import { installPackages } from '../src/machine/packages/packages.ts';
import { allProcesses, processTree } from '../src/machine/processes/processes.ts';
import { run } from '../src/machine/processes/run.ts';
import { caddy, gunicorn, handTuned, roadie, tutorial, type Contender } from './edge/contenders.ts';
import { makeMaterial } from './edge/project.ts';
import { median } from './figures.ts';
import { freePort } from '../test/rig/free-port.ts';

/*
 * Our NGINX beside the tutorials' one, a hand-tuned one, Caddy and WhiteNoise, in one run. Plain HTTP for all, since Gunicorn with
 * WhiteNoise has no TLS: like for like. A round measures the contenders one right after the other, in another order each time,
 * and a ratio is the median of the rounds' ratios: what else the machine does meets both sides of it. With two cores or more,
 * the servers have one half and wrk the other. The two whose distance needs no precision are measured in every third round.
 */
const rounds = Number(process.argv[2] ?? 15);
const seconds = 1;
const connections = 32;
const browser = {
  'Accept-Encoding': 'gzip, deflate, br',
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  Accept: 'text/html,*/*;q=0.8',
};

type Case = {
  readonly name: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly goal?: number;
};
const cases: readonly Case[] = [
  { name: '10 KB picture', path: '/static/picture.png', headers: {}, goal: 1.4 },
  { name: '10 KB picture, asked for by a browser', path: '/static/picture.png', headers: browser },
  {
    name: '100 KB CSS, compression accepted',
    path: '/static/text.css',
    headers: { 'Accept-Encoding': 'gzip' },
    goal: 2.2,
  },
  { name: '100 KB HTML, compression accepted', path: '/static/text.html', headers: { 'Accept-Encoding': 'gzip' } },
  { name: 'Django view, asked for by a browser', path: '/', headers: browser, goal: 1.1 },
];

const started = new Map<string, ChildProcess>();
const base = await mkdtemp(join(tmpdir(), 'roadie-bench-'));
await chmod(base, 0o755);

async function main(): Promise<void> {
  say('installing what is measured …');
  await installPackages(
    [
      'nginx',
      'libnginx-mod-http-brotli-static',
      'libnginx-mod-http-brotli-filter',
      'caddy',
      'wrk',
      'python3-venv',
      'util-linux',
    ],
    { journal: join(base, 'packages.json') },
  );
  const python = await virtualenv();
  const material = await makeMaterial(join(base, 'project'));
  const socket = join(base, 'web.sock');
  const cores = availableParallelism();
  const halves =
    cores >= 2
      ? { server: `0-${Math.ceil(cores / 2) - 1}`, client: `${Math.ceil(cores / 2)}-${cores - 1}` }
      : undefined;
  const pinned = (command: readonly [string, ...string[]], half: 'server' | 'client'): readonly [string, ...string[]] =>
    halves ? ['taskset', '-c', halves[half], ...command] : command;

  start('gunicorn', pinned(gunicorn(python, material, cores, `unix:${socket}`, 'plain'), 'server'));
  const contenders: Contender[] = [];
  for (const make of [roadie, handTuned, tutorial, caddy]) {
    const folder = join(base, make.name);
    await mkdir(folder);
    contenders.push(await make(folder, await freePort(), material, socket));
  }
  const port = await freePort();
  contenders.push({
    name: 'WhiteNoise on Gunicorn',
    port,
    command: gunicorn(python, material, cores, `127.0.0.1:${port}`, 'noise'),
  });
  for (const contender of contenders) start(contender.name, pinned(contender.command, 'server'), contender.environment);
  for (const contender of contenders) for (const one of cases) await verify(contender, one);

  const figures = new Figures();
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds} …`);
    const present = contenders.filter((_contender, index) => index < 3 || round % 3 === 0);
    for (const one of cases) {
      for (let index = 0; index < present.length; index += 1) {
        const contender = present[(index + round) % present.length];
        if (contender)
          figures.add(one, contender, round, await measure((command) => pinned(command, 'client'), contender, one));
      }
    }
  }
  print(contenders, figures, await versions(python), halves);
}

/** What one measurement found: requests per second, and microseconds of processor time per request that the server took (without Gunicorn behind it). */
type Figure = { readonly rate: number; readonly microseconds: number };

class Figures {
  readonly #all = new Map<string, Map<number, Figure>>();

  add(one: Case, contender: Contender, round: number, figure: Figure): void {
    const key = `${one.name}/${contender.name}`;
    this.#all.set(key, (this.#all.get(key) ?? new Map<number, Figure>()).set(round, figure));
  }

  median(one: Case, contender: Contender | undefined, what: keyof Figure): number {
    return median([...(this.#all.get(`${one.name}/${contender?.name}`)?.values() ?? [])].map((figure) => figure[what]));
  }

  /** The median of the rounds' ratios of requests per second. */
  ratio(one: Case, ours: Contender | undefined, other: Contender | undefined): number {
    const mine = this.#all.get(`${one.name}/${ours?.name}`);
    const theirs = this.#all.get(`${one.name}/${other?.name}`);
    return median(
      [...(mine ?? [])].flatMap(([round, figure]) =>
        theirs?.has(round) ? [figure.rate / (theirs.get(round)?.rate ?? Number.NaN)] : [],
      ),
    );
  }
}

async function virtualenv(): Promise<string> {
  const folder = join(base, 'venv');
  const python = join(folder, 'bin/python');
  for (const command of [
    ['/usr/bin/python3', '-m', 'venv', folder],
    [
      python,
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      'django~=5.2.0',
      'gunicorn~=23.0',
      'whitenoise~=6.0',
    ],
  ] as [string, ...string[]][]) {
    const result = await run(command, {
      timeoutSeconds: 300,
      environment: { PATH: '/usr/bin:/bin', HOME: base, ...pipEnvironment() },
    });
    if (result.code !== 0) throw new Error(`${command.join(' ')}: ${result.stderr}`);
  }
  return python;
}

/** Where this machine gets Python packages from, if not from the usual place. */
function pipEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        /^(?:PIP_|https?_proxy$|no_proxy$|SSL_CERT_FILE$|REQUESTS_CA_BUNDLE$)/i.test(entry[0]) &&
        entry[1] !== undefined,
    ),
  );
}

function start(
  name: string,
  command: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>> = {},
): void {
  const [program, ...rest] = command;
  const log = openSync(join(base, `${name.replaceAll(/\W+/g, '-')}.log`), 'a');
  started.set(
    name,
    spawn(program, rest, {
      detached: true,
      cwd: base,
      stdio: ['ignore', log, log],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...environment },
    }),
  );
}

/** Waits until it answers, and makes sure that everybody sends the same thing. */
async function verify(contender: Contender, one: Case): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const status = await new Promise<number>((resolve) => {
      http
        .get(
          { host: '127.0.0.1', port: contender.port, path: one.path, headers: { Host: 'localhost', ...one.headers } },
          (response) => {
            response.resume();
            response.on('end', () => resolve(response.statusCode ?? 0));
          },
        )
        .on('error', () => resolve(0));
    });
    if (status === 200) return;
    if (Date.now() > deadline)
      throw new Error(`${contender.name} answers ${status} to ${one.path}; its output is in ${base}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** One second of wrk. Anything but 200s on all connections is an error. */
async function measure(
  pinned: (command: readonly [string, ...string[]]) => readonly [string, ...string[]],
  contender: Contender,
  one: Case,
): Promise<Figure> {
  const headers = Object.entries({ Host: 'localhost', ...one.headers }).flatMap(([name, value]) => [
    '-H',
    `${name}: ${value}`,
  ]);
  const command = pinned([
    'wrk',
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    ...headers,
    `http://127.0.0.1:${contender.port}${one.path}`,
  ]);
  const before = processorTime(contender);
  const result = await run(command, { timeoutSeconds: 60 });
  const used = processorTime(contender) - before;
  const requests = Number(/(\d+) requests in/.exec(result.stdout)?.[1]);
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(result.stdout)?.[1]);
  if (result.code !== 0 || !(rate > 0) || /Non-2xx|Socket errors/.test(result.stdout))
    throw new Error(`${contender.name}, ${one.name}:\n${result.stdout}${result.stderr}`);
  return { rate, microseconds: used / requests };
}

/** User and system time of a server and all below it, in microseconds; the kernel counts in hundredths of a second. */
function processorTime(contender: Contender): number {
  const all = allProcesses();
  const pid = started.get(contender.name)?.pid;
  return pid === undefined
    ? Number.NaN
    : processTree(pid, all).reduce((sum, one) => sum + (all.get(one)?.ticks ?? 0), 0) * 10_000;
}

async function versions(python: string): Promise<string> {
  const list = await Promise.all([
    run(['/usr/sbin/nginx', '-v']),
    run(['/usr/bin/caddy', 'version']),
    run([
      python,
      '-c',
      "import platform; from importlib.metadata import version as v; print(f\"Python {platform.python_version()}, Django {v('django')}, Gunicorn {v('gunicorn')}, WhiteNoise {v('whitenoise')}\")",
    ]),
  ]);
  return [
    list[0]?.stderr.trim().replace('nginx version: nginx/', 'NGINX '),
    `Caddy ${list[1]?.stdout.trim().split(' ')[0]}`,
    list[2]?.stdout.trim(),
  ].join(', ');
}

function print(
  contenders: readonly Contender[],
  figures: Figures,
  software: string,
  halves: { readonly server: string; readonly client: string } | undefined,
): void {
  const [ours, tuned, classic] = contenders;
  const table = (title: string, what: keyof Figure, digits: number) => [
    `| ${title} | ${contenders.map(({ name }) => name).join(' | ')} |`,
    `|---|${contenders.map(() => '--:|').join('')}`,
    ...cases.map(
      (one) =>
        `| ${one.name} | ${contenders.map((contender) => figures.median(one, contender, what).toLocaleString('en', { maximumFractionDigits: digits })).join(' | ')} |`,
    ),
    '',
  ];
  const goal = (value: number | undefined) => (value === undefined ? '' : `≥ ${value}`);
  // Processor time says the same where the machine has other work, which takes from the requests per second as it pleases.
  const less = (one: Case, other: Contender | undefined) =>
    (figures.median(one, other, 'microseconds') / figures.median(one, ours, 'microseconds')).toFixed(2);
  const lines = [
    `## Edge (medians of ${rounds} rounds of ${seconds} s, ${connections} connections)`,
    '',
    "| case | Roadie ÷ tutorial's | to reach | by processor time | Roadie ÷ hand-tuned | to reach | by processor time |",
    '|---|--:|--:|--:|--:|--:|--:|',
    ...cases.map((one) =>
      [
        '',
        one.name,
        figures.ratio(one, ours, classic).toFixed(2),
        goal(one.goal),
        less(one, classic),
        figures.ratio(one, ours, tuned).toFixed(2),
        goal(one.goal && 0.95),
        less(one, tuned),
        '',
      ]
        .join(' | ')
        .trim(),
    ),
    '',
    ...table('requests per second', 'rate', 0),
    ...table('µs of processor per request, without Gunicorn', 'microseconds', 1),
    `Plain HTTP for all. ${cpus()[0]?.model.trim()}, ${availableParallelism()} cores${halves ? ` (servers on ${halves.server}, wrk on ${halves.client})` : ''}, ${Math.round(totalmem() / 2 ** 30)} GB. ${software}.`,
    "The tutorial's NGINX is Debian's nginx.conf as it is shipped: it compresses HTML alone, so it sends the CSS as it is.",
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function end(): Promise<void> {
  for (const child of started.values()) {
    if (child.pid === undefined || child.exitCode !== null) continue;
    const gone = once(child, 'exit');
    process.kill(-child.pid, 'SIGKILL');
    await gone;
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(
    signal,
    () =>
      void end()
        .then(() => rm(base, { recursive: true, force: true }))
        .then(() => process.exit(130)),
  );
}
let failed = false;
try {
  await main();
} catch (error) {
  failed = true;
  say(error instanceof Error ? error.message : String(error));
  for (const name of ['gunicorn', 'Roadie', 'Caddy'])
    say((await readFile(join(base, `${name}.log`), 'utf8').catch(() => '')).split('\n').slice(-4).join('\n'));
} finally {
  await end();
  await rm(base, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
