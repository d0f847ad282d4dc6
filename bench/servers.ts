import { rm } from 'node:fs/promises';
import { Agent } from 'node:https';

import { machine } from './faults/report.ts';
import { median } from './figures.ts';
import { treeMemory } from '../src/machine/processes/process-stats.ts';
import { allProcesses, processTree, ticksPerSecond } from '../src/machine/processes/processes.ts';
import { Box } from '../test/rig/box.ts';
import { makeServedProject, type ServedBy, servers, serveWith, webProcess } from '../test/rig/served-project.ts';
import { ask } from '../test/rig/steady-load.ts';

/*
 * The same small Django view behind each application server, two processes each, as Roadie runs it and with NGINX and HTTPS before
 * it: one site that is deployed from server to server. A round measures all of them one after the other, and a ratio is the median
 * of the rounds' ratios to Gunicorn's `sync`. The visitors have the same cores: processor time for each request
 * tells more than requests a second. Memory is that of all processes of the server after the load, pages that several share counted
 * once.
 */
const rounds = Number(process.argv[2] ?? 3);
const seconds = 5;
const visitors = 16;

/** Requests a second, the server's processor time for each, and what it holds after the load. */
type Figure = {
  readonly rate: number;
  readonly microseconds: number;
  readonly megabytes: number;
  readonly processes: number;
};

async function main(): Promise<void> {
  const box = await Box.open();
  const project = await makeServedProject();
  try {
    const site = box.name('bench');
    await serveWith(project, { web: '' });
    const up = await box.up(project.folder, site, '--yes');
    if (up.code !== 0) throw new Error(up.all);
    const figures = servers.map((): Figure[] => []);
    for (let round = 0; round < rounds; round += 1) {
      process.stderr.write(`round ${round + 1} of ${rounds} …\n`);
      for (const [index, server] of servers.entries()) {
        await serveWith(project, server);
        const ran = await box.roadie(['deploy', site]);
        if (ran.code !== 0) throw new Error(ran.all);
        figures[index]?.push(await measure(box, `${site}.localhost`, server));
      }
    }
    print(figures);
  } finally {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  }
}

/** Anything but 200s is an error, and so is another server. */
async function measure(box: Box, domain: string, server: ServedBy): Promise<Figure> {
  const page = await box.get(domain, '/');
  if (!page.body.includes(`"${server.says}"`)) throw new Error(`${server.says} is not what serves: ${page.body}`);
  const pid = await webProcess(box);
  const before = processorTime(pid);
  const requests = await load({ port: box.ports.https, domain, path: '/' });
  return {
    rate: requests / seconds,
    microseconds: (processorTime(pid) - before) / requests,
    megabytes: treeMemory(pid) / 2 ** 20,
    processes: processTree(pid).length,
  };
}

/** Visitors who ask for some seconds, each again once it has an answer; answers how many answers there were. */
async function load(page: { readonly port: number; readonly domain: string; readonly path: string }): Promise<number> {
  const until = performance.now() + seconds * 1000;
  const each = Array.from({ length: visitors }, async (_none, visitor) => {
    // From several addresses in turn, each with its connection: of one alone NGINX would refuse most.
    const places = Array.from({ length: 16 }, (_one, place) => ({
      from: `127.0.${visitor + 1}.${place + 1}`,
      agent: new Agent({ keepAlive: true, maxSockets: 1 }),
    }));
    let answered = 0;
    while (performance.now() < until) {
      const status = await ask(page, places[answered % places.length]);
      if (status !== 200) throw new Error(`status ${status}`);
      answered += 1;
    }
    for (const { agent } of places) agent.destroy();
    return answered;
  });
  return (await Promise.all(each)).reduce((sum, answered) => sum + answered, 0);
}

/** What all processes below one have used, in microseconds. */
function processorTime(pid: number): number {
  const processes = allProcesses();
  return processTree(pid, processes).reduce(
    (sum, one) => sum + ((processes.get(one)?.ticks ?? 0) * 1_000_000) / ticksPerSecond,
    0,
  );
}

function print(figures: readonly (readonly Figure[])[]): void {
  // Of `servers` the first is Gunicorn's `sync`.
  const [first = []] = figures;
  const lines = servers.map(({ says }, index) => {
    const own = figures[index] ?? [];
    const ratio = (what: 'rate' | 'microseconds'): string =>
      `${median(own.map((figure, round) => figure[what] / (first[round]?.[what] ?? Number.NaN))).toFixed(2)} ×`;
    const cells = [
      Math.round(median(own.map(({ rate }) => rate))),
      ratio('rate'),
      Math.round(median(own.map(({ microseconds }) => microseconds))),
      ratio('microseconds'),
      Math.round(median(own.map(({ megabytes }) => megabytes))),
      own[0]?.processes ?? 0,
    ];
    return `| ${says} | ${cells.join(' | ')} |`;
  });
  const head = [
    '| server | requests/s | of sync | processor time, µs | of sync | memory, MB | processes |',
    '|---|--:|--:|--:|--:|--:|--:|',
  ];
  process.stdout.write(`Medians of ${rounds} rounds on ${machine()}.\n\n${[...head, ...lines].join('\n')}\n`);
}

await main();
