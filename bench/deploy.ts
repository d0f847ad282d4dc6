import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { machine } from './faults/report.ts';
import { Ours, usualFoundation } from './faults/ours.ts';
import { ByHand } from './deploy/by-hand.ts';
import { median } from './figures.ts';
import { runCommand } from '../test/rig/box.ts';

/*
 * Commit → live: how long from the command until the page that NGINX serves shows the commit, by step. For a one-line change of
 * the forum and for a new dependency, ours and by hand in turn; then a variable, and `up` with nothing to do. Medians. What no
 * way of releasing can save is told apart: the time from the web server's start until it answers, and one start of Django.
 */
const repeats = Number(process.argv[2] ?? 7);
/** `npm run bench -- deploy 7 alone`: without the way by hand beside it; `deploy 7 mariadb`: alone, on MariaDB and Uvicorn. */
const isOther = process.argv[3] === 'mariadb';
const alone = isOther || process.argv[3] === 'alone';
/** Small packages without dependencies of their own, a new one for each repeat. */
const packages = ['six', 'toml', 'colorama', 'idna', 'certifi', 'zipp', 'tomli', 'iniconfig', 'pluggy', 'filelock'];

type Times = ReadonlyMap<string, number>;

/** Steps that this many milliseconds or fewer are not shown. */
const negligible = 15;

async function main(): Promise<void> {
  const ours = await Ours.open(isOther ? { database: 'mariadb', server: 'uvicorn' } : usualFoundation);
  let byHand: ByHand | undefined;
  try {
    // The watcher would be faster than the command that is measured.
    await ours.configure('\n[source]\npoll = "off"\n');
    await git(ours, 'init', '--quiet', '--initial-branch=main');
    await commit(ours, 'first');
    say('bringing the forum up …');
    await ours.start();
    await must(ours.box.up(`file://${ours.project}`, ours.site, '--yes'));
    if (!alone) byHand = await ByHand.open(ours);
    const found = {
      line: [] as Times[],
      lineByHand: [] as Times[],
      dependency: [] as Times[],
      dependencyByHand: [] as Times[],
      variable: [] as Times[],
      nothing: [] as number[],
    };
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      say(`repeat ${repeat + 1} of ${repeats} …`);
      const line = await change(ours);
      found.line.push(await release(ours, ['deploy', ours.site], line));
      if (byHand) found.lineByHand.push(await releaseByHand(byHand, line));
      const name = packages[repeat];
      if (name !== undefined) {
        await ours.write(
          'requirements.txt',
          `${await readFile(join(ours.project, 'requirements.txt'), 'utf8')}${name}\n`,
        );
        const dependency = await change(ours);
        found.dependency.push(await release(ours, ['deploy', ours.site], dependency));
        if (byHand) found.dependencyByHand.push(await releaseByHand(byHand, dependency));
      }
      found.variable.push(await release(ours, ['env', 'set', ours.site, `BENCH=${repeat}`], undefined));
      const began = performance.now();
      await must(ours.box.up(`file://${ours.project}`, ours.site, '--yes'));
      found.nothing.push(performance.now() - began);
    }
    process.stdout.write(`Medians of ${repeats} on ${machine()}, in seconds.\n\n`);
    table('A one-line change', found.line, found.lineByHand);
    table('A new dependency', found.dependency, found.dependencyByHand);
    table('A variable (`env set`)', found.variable, []);
    process.stdout.write(`\`up\` with nothing to do: ${seconds(median(found.nothing))} s.\n`);
  } finally {
    await byHand?.classic.close();
    await ours.close();
  }
}

/** Commits a change of one line. Answers what the page says once that is live. */
async function change(ours: Ours): Promise<string> {
  const said = await ours.change();
  await commit(ours, said);
  return said;
}

/** One command of ours: milliseconds by step, and until the page shows what is expected. */
async function release(ours: Ours, words: readonly string[], expected: string | undefined): Promise<Times> {
  const times = new Map<string, number>();
  const from = new Date().toISOString();
  const began = performance.now();
  const since = (): number => performance.now() - began;
  const watching = ours.watch(words, (event) => {
    if (event['type'] === 'plan-made') times.set('read the project, make the plan', since());
    if (event['type'] === 'step-finished') times.set(`step ${String(event['step'])}`, Number(event['seconds']) * 1000);
  });
  const shown =
    expected === undefined
      ? Promise.resolve()
      : shows(() => ours.health(), expected).then(() => void times.set('live', since()));
  if ((await watching) !== 0) throw new Error(`\`roadie ${words.join(' ')}\` failed`);
  times.set('the command ends', since());
  await shown;
  const boot = await webBoot(ours, from);
  times.set("the web server's own boot", boot);
  // The step `overlay` is one start of Django with the project's applications and routes, and nothing else.
  const django = times.get('step overlay') ?? 0;
  times.set('ours: live without that boot and one start of Django', (times.get('live') ?? since()) - boot - django);
  return times;
}

/** The script by hand. Live is what every process shows: until the restart some have the old code, and some read the new one in between. */
async function releaseByHand(byHand: ByHand, expected: string): Promise<Times> {
  const began = performance.now();
  const { visitor } = byHand.classic.member;
  const steps = await byHand.run();
  const ended = performance.now() - began;
  const page = async (): Promise<string> =>
    (await visitor.ask({ method: 'GET', path: '/health/', fresh: true })).body.trim();
  await shows(page, expected);
  return new Map([...steps, ['the command ends', ended], ['live', performance.now() - began]]);
}

async function shows(page: () => Promise<string>, expected: string): Promise<void> {
  const deadline = performance.now() + 300_000;
  while ((await page().catch(() => '')) !== expected) {
    if (performance.now() > deadline) throw new Error(`the page does not show '${expected}'`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Milliseconds from the web server's start until it answers, as the daemon's events tell. */
async function webBoot(ours: Ours, from: string): Promise<number> {
  const told = (await ours.box.roadie(['events', '-n', '300', '--json'])).stdout.trim().split('\n');
  const changes = told
    .map((text) => JSON.parse(text) as { type: string; time: string; service?: string; to?: string })
    .filter((event) => event.type === 'service-changed' && event.service === 'web' && event.time >= from);
  const start = changes.find((event) => event.to === 'starting');
  const ready = changes.find((event) => event.to === 'ready');
  if (!start || !ready) throw new Error('the events do not tell of the web server');
  return Date.parse(ready.time) - Date.parse(start.time);
}

function table(title: string, ours: readonly Times[], byHand: readonly Times[]): void {
  const rows = [
    ...names(ours).map((name) => row(name, ours, '')),
    ...(byHand.length === 0 ? [] : names(byHand).map((name) => row(name, byHand, 'by hand: '))),
  ];
  process.stdout.write(
    `| ${title} | median | least | most |\n|---|--:|--:|--:|\n${rows.filter((line) => line !== '').join('\n')}\n\n`,
  );
}

function names(all: readonly Times[]): readonly string[] {
  return [...new Set(all.flatMap((times) => [...times.keys()]))].toSorted(
    (a, b) => Number(a === 'live') - Number(b === 'live'),
  );
}

function row(name: string, all: readonly Times[], prefix: string): string {
  const values = all.flatMap((times) => times.get(name) ?? []);
  if (name.startsWith('step ') && median(values) <= negligible) return '';
  const label = name === 'live' ? '**commit → live**' : name;
  return `| ${prefix}${label} | ${seconds(median(values))} | ${seconds(Math.min(...values))} | ${seconds(Math.max(...values))} |`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(2);
}

async function commit(ours: Ours, message: string): Promise<void> {
  await git(ours, 'add', '--all');
  await git(
    ours,
    '-c',
    'user.name=bench',
    '-c',
    'user.email=bench@example.org',
    'commit',
    '--quiet',
    '--message',
    message,
  );
}

async function git(ours: Ours, ...words: string[]): Promise<void> {
  await must(runCommand(['git', '-C', ours.project, ...words]));
}

async function must(running: Promise<{ readonly code: number; readonly all: string }>): Promise<void> {
  const ran = await running;
  if (ran.code !== 0) throw new Error(ran.all);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

await main();
