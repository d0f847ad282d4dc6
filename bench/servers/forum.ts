import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Classic } from '../faults/classic.ts';
import { median } from '../figures.ts';
import { Ours } from '../faults/ours.ts';
import { type Figure, measure, type Page, type Reach } from './load.ts';

/** Who serves the forum: `[web]` of its config, empty for a project that names nothing; absent for the tutorials' stack. */
const contenders: readonly { readonly title: string; readonly web?: string }[] = [
  { title: "the tutorials' Gunicorn: `sync`, 3 processes" },
  { title: 'the default: Gunicorn, `gthread`, 3 × 4', web: '' },
  { title: 'Gunicorn, `gthread`, 2 × 6', web: 'workers = 2\nthreads = 6' },
  { title: 'Gunicorn, `sync`', web: 'worker_class = "sync"' },
  { title: 'Gunicorn, `gevent`', web: 'worker_class = "gevent"' },
  { title: 'uWSGI', web: 'server = "uwsgi"' },
  { title: 'Granian, WSGI', web: 'server = "granian"' },
  { title: 'Uvicorn', web: 'server = "uvicorn"' },
  { title: 'Hypercorn', web: 'server = "hypercorn"' },
  { title: 'Daphne', web: 'server = "daphne"' },
];

const config = '[health]\npath = "/health/"\n\n[bake]\nseconds = 0\n\n[web]\n';
const servers = 'gunicorn\ngevent\npyuwsgi\ngranian\nuvicorn\nuvicorn-worker\nwebsockets\nhypercorn\ndaphne\n';

/** What is measured of each. */
type Column = { readonly title: string; readonly page: Page; readonly direct?: true };

/**
 * The forum behind each server that can run it, with PostgreSQL and Redis, and behind the tutorials' stack, in turn: `rounds` times.
 * Answers a table in Markdown. Ratios are medians of the rounds' ratios to the tutorials' stack.
 */
export async function measureForum(rounds: number, seconds: number): Promise<string> {
  const ours = await Ours.open();
  let classic: Classic | undefined;
  try {
    await ours.write('roadie.toml', config);
    await ours.write('requirements.txt', (await readFile(join(ours.project, 'requirements.txt'), 'utf8')) + servers);
    await ours.start();
    classic = await Classic.open(ours);
    const columns = await columnsFor(ours);
    const found = contenders.map(() => columns.map((): Figure[] => []));
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, { title, web }] of contenders.entries()) {
        process.stderr.write(`round ${round + 1} of ${rounds}: ${title} …\n`);
        const stage = web === undefined ? classicStage(classic, ours) : ourStage(ours, web);
        const { pid, edge, direct } = await stage;
        for (const [place, { page, direct: isDirect }] of columns.entries())
          found[index]?.[place]?.push(await measure(pid, isDirect ? direct : edge, page, seconds));
      }
    }
    return table(columns, found);
  } finally {
    await classic?.close();
    await ours.close();
  }
}

type Stage = { readonly pid: number; readonly edge: Reach; readonly direct: Reach };

async function classicStage(classic: Classic, ours: Ours): Promise<Stage> {
  const socket = join(ours.box.folder, 'classic/run/gunicorn.sock');
  return { pid: await classic.pid(), edge: classic.target, direct: { domain: classic.target.domain, socket } };
}

async function ourStage(ours: Ours, web: string): Promise<Stage> {
  await ours.write('roadie.toml', `${config}${web}\n`);
  const ran = await ours.up();
  if (ran.code !== 0) throw new Error(ran.all);
  const socket = join(ours.box.folder, 'run', ours.site, 'web/web.sock');
  return { pid: await ours.pid('web'), edge: ours.target, direct: { domain: ours.target.domain, socket } };
}

async function columnsFor(ours: Ours): Promise<readonly Column[]> {
  const { visitor, topics } = ours.member;
  const signedIn = { cookie: visitor.session.cookie };
  const topic = { path: topics[0] ?? '', headers: signedIn };
  return [
    { title: 'trivial view', page: { path: '/health/' } },
    { title: 'front page', page: { path: '/' } },
    { title: 'topic page', page: topic },
    { title: 'topic page, direct', page: topic, direct: true },
    { title: 'upload', page: await upload(ours) },
  ];
}

/** A picture of half a megabyte that the form takes for no picture, so that no other work hides what it costs to be received. */
async function upload(ours: Ours): Promise<Page> {
  const { cookie, token } = ours.member.visitor.session;
  const boundary = 'between-parts';
  const part = (name: string, content: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${content}\r\n`;
  const body = Buffer.from(
    `${part('csrfmiddlewaretoken', `\r\n\r\n${token}`)}${part('avatar', `; filename="a.png"\r\nContent-Type: image/png\r\n\r\n${'x'.repeat(512 * 1024)}`)}--${boundary}--\r\n`,
  );
  return {
    path: '/account/',
    body,
    headers: {
      cookie,
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(body.length),
      'x-csrftoken': token,
    },
  };
}

function table(columns: readonly Column[], found: readonly (readonly (readonly Figure[])[])[]): string {
  const cell = (index: number, place: number): string => {
    const own = found[index]?.[place] ?? [];
    const first = found[0]?.[place] ?? [];
    const of = (what: 'rate' | 'microseconds'): number => median(own.map((figure) => figure[what]));
    const ratio = median(own.map(({ rate }, round) => rate / (first[round]?.rate ?? Number.NaN)));
    return `${Math.round(of('rate'))}, ${ratio.toFixed(2)} ×, ${(of('microseconds') / 1000).toFixed(2)} ms`;
  };
  const lines = contenders.map(({ title }, index) => {
    const memory = Math.round(median((found[index]?.at(-1) ?? []).map(({ megabytes }) => megabytes)));
    return `| ${[title, ...columns.map((_column, place) => cell(index, place)), memory].join(' | ')} |`;
  });
  const head = ['| server |', ...columns.map(({ title }) => ` ${title} |`), ' memory, MB |'].join('');
  return [head, `|---|${'--:|'.repeat(columns.length + 1)}`, ...lines].join('\n');
}
