import { rm } from 'node:fs/promises';

import { machine } from './faults/report.ts';
import { median } from './figures.ts';
import { measureForum } from './servers/forum.ts';
import { type Figure, measure } from './servers/load.ts';
import { Box } from '../test/rig/box.ts';
import { makeServedProject, type ServedBy, servers, serveWith, webProcess } from '../test/rig/served-project.ts';

/*
 * `servers ROUNDS [view | forum]`. The same small Django view behind each application server, two processes each, as Roadie runs it
 * and with NGINX and HTTPS before it: one site that is deployed from server to server. Then the forum, behind each and behind the
 * tutorials' stack. A round measures all of them one after the other, and a ratio is the median of the rounds' ratios. The visitors
 * have the same cores: processor time for each request tells more than requests a second. Memory is that of all processes of the
 * server after the load, pages that several share counted once.
 */
const rounds = Number(process.argv[2] ?? 3);
const only = process.argv[3];
const seconds = 5;

async function measureViews(): Promise<void> {
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
        figures[index]?.push(await measureView(box, `${site}.localhost`, server));
      }
    }
    print(figures);
  } finally {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  }
}

/** Anything but 200s is an error, and so is another server. */
async function measureView(box: Box, domain: string, server: ServedBy): Promise<Figure> {
  const page = await box.get(domain, '/');
  if (!page.body.includes(`"${server.says}"`)) throw new Error(`${server.says} is not what serves: ${page.body}`);
  return measure(await webProcess(box), { port: box.ports.https, domain }, { path: '/' }, seconds);
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

if (only !== 'forum') await measureViews();
if (only !== 'view') process.stdout.write(`\n${await measureForum(rounds, seconds)}\n`);
