import { rm } from 'node:fs/promises';

import { machine } from './faults/report.ts';
import { installPackages } from '../src/machine/packages/packages.ts';
import { treeMemory } from '../src/machine/processes/process-stats.ts';
import { processTree } from '../src/machine/processes/processes.ts';
import { run } from '../src/machine/processes/run.ts';
import { Box } from '../test/rig/box.ts';
import { makeServedProject, type ServedBy, servers, serveWith, webProcess } from '../test/rig/served-project.ts';
import { percentile } from '../test/rig/steady-load.ts';

/*
 * The same small Django view behind each application server, two processes each, as Roadie runs it and with NGINX and HTTPS before
 * it: one site that is deployed from server to server. A round measures all of them one after the other, and a ratio is the median
 * of the rounds' ratios to Gunicorn's `sync`. wrk runs on the same cores. Memory is that of all processes of the server after the
 * load, pages that several share counted once.
 */
const rounds = Number(process.argv[2] ?? 3);
const seconds = 5;
const connections = 16;

/** The first is what the others are compared with; `gthread` is what Roadie chooses by itself. */
const all: readonly ServedBy[] = [
  ...servers.filter(({ says }) => says === 'gunicorn.workers.sync'),
  { web: '', says: 'gunicorn.workers.gthread' },
  ...servers.filter(({ says }) => says !== 'gunicorn.workers.sync'),
];

type Figure = { readonly rate: number; readonly megabytes: number; readonly processes: number };

async function main(): Promise<void> {
  const box = await Box.open();
  const project = await makeServedProject();
  try {
    await installPackages(['wrk'], { journal: `${box.folder}/packages.json` });
    const site = box.name('bench');
    // The one name that every machine looks up without DNS.
    const deploy = (server: ServedBy): Promise<void> => serveWith(project, server, 'domains = ["localhost"]\n\n');
    await deploy(all[1] ?? { web: '', says: '' });
    const up = await box.up(project.folder, site, '--yes');
    if (up.code !== 0) throw new Error(up.all);
    const figures = all.map((): Figure[] => []);
    for (let round = 0; round < rounds; round += 1) {
      process.stderr.write(`round ${round + 1} of ${rounds} …\n`);
      for (const [index, server] of all.entries()) {
        await deploy(server);
        const ran = await box.roadie(['deploy', site]);
        if (ran.code !== 0) throw new Error(ran.all);
        figures[index]?.push(await measure(box, server));
      }
    }
    print(figures);
  } finally {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  }
}

/** Some seconds of wrk. Anything but 200s on all connections is an error, and so is another server. */
async function measure(box: Box, server: ServedBy): Promise<Figure> {
  const page = await box.get('localhost', '/');
  if (server.says !== 'gunicorn.workers.gthread' && !page.body.includes(`"${server.says}"`))
    throw new Error(`${server.says} is not what serves: ${page.body}`);
  const url = `https://localhost:${box.ports.https}/`;
  const result = await run(['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, url], { timeoutSeconds: 60 });
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(result.stdout)?.[1]);
  if (result.code !== 0 || !(rate > 0) || /Non-2xx|Socket errors/.test(result.stdout))
    throw new Error(`${server.says}:\n${result.stdout}${result.stderr}`);
  const pid = await webProcess(box);
  return { rate, megabytes: treeMemory(pid) / 2 ** 20, processes: processTree(pid).length };
}

function print(figures: readonly (readonly Figure[])[]): void {
  const [first = []] = figures;
  const lines = all.map(({ says }, index) => {
    const own = figures[index] ?? [];
    const ratio = median(own.map(({ rate }, round) => rate / (first[round]?.rate ?? Number.NaN)));
    const cells = [
      Math.round(median(own.map(({ rate }) => rate))),
      `${ratio.toFixed(2)} ×`,
      Math.round(median(own.map(({ megabytes }) => megabytes))),
      own[0]?.processes ?? 0,
    ];
    return `| ${says} | ${cells.join(' | ')} |`;
  });
  const head = ['| server | requests/s | compared with sync | memory, MB | processes |', '|---|--:|--:|--:|--:|'];
  process.stdout.write(`Medians of ${rounds} rounds on ${machine()}.\n\n${[...head, ...lines].join('\n')}\n`);
}

function median(values: readonly number[]): number {
  return percentile(
    values.toSorted((one, other) => one - other),
    0.5,
  );
}

await main();
