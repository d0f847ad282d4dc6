import { request } from 'node:http';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { endpoints } from '../../src/contract/endpoints.ts';
import { type Area, type Attack, outcome } from './attack.ts';
import type { World } from './world.ts';

/** One request to the daemon as it stands, without a client in between. */
export function askDaemon(
  world: World,
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        socketPath: join(world.box.folder, 'run/roadie.sock'),
        method,
        path,
        agent: false,
        headers: { 'content-type': 'application/json', ...headers },
        timeout: 20_000,
      },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          // A stream that goes on has been let in: that is known by its status.
          if (text.length > 100_000) response.destroy();
        });
        response.once('close', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    asked.once('timeout', () => asked.destroy(new Error('no answer in 20 s')));
    asked.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve({ status: 0, text: '' }) : reject(error),
    );
    asked.end(body);
  });
}

const daemonPid = async (world: World): Promise<number> => (await world.status()).daemon.pid;

const sockets: Attack = {
  name: 'the daemon’s sockets',
  who: 'local user',
  how: 'connections to the API’s socket, the socket for webhooks and those of the sites, as a local user and as the broken-into site',
  promise: 'EACCES',
  async run(world) {
    const { box, mallory, neighbour, local } = world;
    const run = join(box.folder, 'run');
    const paths = [
      join(run, 'roadie.sock'),
      join(run, '.webhook/webhook.sock'),
      join(run, neighbour.name, 'web/web.sock'),
    ];
    const program = `
import errno, socket, sys, json
told = []
for path in json.loads(${JSON.stringify(JSON.stringify([...paths, join(run, mallory.name, 'web/web.sock')]))}):
    with socket.socket(socket.AF_UNIX) as client:
        try: client.connect(path); told.append([path, "connected"])
        except OSError as error: told.append([path, errno.errorcode.get(error.errno, str(error))])
print(json.dumps(told))
`;
    const read = (who: string, text: string, own: boolean): readonly string[] =>
      (JSON.parse(text) as [string, string][])
        .filter(([path, what]) => what !== 'EACCES' && what !== 'ENOENT' && !(own && path.includes(mallory.name)))
        .map(([path, what]) => `${who}: ${path}: ${what}`);
    const wrong = [
      ...read('a local user', (await world.must(local.run(['python3', '-c', program]))).stdout, false),
      ...read('the site', await world.asSite(program), true),
    ];
    const { mode, uid } = await stat(paths[0] ?? '');
    if ((mode & 0o777) !== 0o600 || uid !== 0) wrong.push(`the API's socket has mode ${(mode & 0o777).toString(8)}`);
    return outcome(wrong, `${paths.length + 1} sockets, 2 users: refused; the API’s has mode 0600`);
  },
};

const lock: Attack = {
  name: 'the daemon’s lock taken',
  who: 'local user',
  how: 'while the daemon was down, a local user bound the abstract socket by which only one daemon runs; then the daemon was started',
  promise: 'the daemon starts, or says who is in its way',
  async run(world) {
    const { box, local } = world;
    const before = await daemonPid(world);
    const held = await box.roadie(['daemon', 'status', '--json']);
    // The name of the lock is no secret: /proc/net/unix tells it.
    const { stdout } = await world.must(local.run(['sh', '-c', 'grep -o "@.*" /proc/net/unix | sort -u']));
    const names = stdout.split('\n').filter((name) => name.includes(box.folder));
    if (names.length === 0) return { notRun: `no abstract socket of the daemon is to be seen (${held.code})` };
    await world.must(box.roadie(['daemon', 'stop']));
    const squatter = local.run([
      'timeout',
      '20',
      'python3',
      '-c',
      `import socket, time\nkept = []\nfor name in ${JSON.stringify(names)}:\n    s = socket.socket(socket.AF_UNIX); s.bind(name.replace("@", "\\0")); s.listen(); kept.append(s)\ntime.sleep(15)`,
    ]);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const started = await box.roadie(['daemon', 'start']);
    const squatted = await squatter;
    const again = await box.roadie(['status', '--json']);
    if (again.code !== 0) throw new Error(again.all);
    const named = /held by pid \d+: .*python3/.test(started.all);
    return outcome(
      started.code === 0 || named
        ? []
        : [`the daemon (before: ${before}) did not start: ${started.all.trim().slice(0, 200)}`],
      started.code === 0
        ? `it started; the other user’s program ended with ${squatted.code}`
        : 'it did not start, and named the process that keeps it from that (see what is not promised)',
    );
  },
};

const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;

const bodies: Attack = {
  name: 'bodies that are no request',
  who: 'local user',
  how: 'as root: malformed, cut off, deep (200,000 levels), 10 MB, of a wrong type, with `__proto__` and with NULs, to every endpoint that takes one',
  promise: '400 or 413 within seconds, the daemon keeps its pid and stays small',
  async run(world) {
    const before = await daemonPid(world);
    const wrong: string[] = [];
    const statuses = new Map<number, number>();
    const sent: readonly (string | Buffer)[] = [
      '',
      '{',
      '{"kind":',
      '"',
      'nul',
      '\0',
      deep,
      `{"a":${deep}}`,
      'x'.repeat(10_000_000),
      JSON.stringify({ kind: 'env-set', site: 'x', values: { A: 'x'.repeat(2_000_000) } }),
      '{"__proto__":{"kind":"up"}}',
      '{"constructor":{"prototype":{}}}',
      Buffer.from([0xff, 0xfe, 0x00]),
      '1e999',
      '{"kind":"up","kind":"down"}',
    ];
    for (const body of sent) {
      const { status, text } = await askDaemon(world, 'POST', '/v1/jobs', body);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status !== 400 && status !== 413 && status !== 0)
        wrong.push(`${body.toString('utf8').slice(0, 30) || 'nothing'}… is answered ${status} ${text.slice(0, 60)}`);
    }
    const { daemon } = await world.status();
    if (daemon.pid !== before) wrong.push('the daemon was started anew');
    if (daemon.memory_bytes > 250_000_000) wrong.push(`the daemon has ${Math.round(daemon.memory_bytes / 1e6)} MB`);
    return outcome(
      wrong,
      `${[...statuses].map(([status, count]) => `${count} × ${status}`).join(', ')}; the daemon has ${Math.round(daemon.memory_bytes / 1e6)} MB`,
    );
  },
};

const addresses: Attack = {
  name: 'addresses that lead elsewhere',
  who: 'local user',
  how: 'as root: `..`, `%2f`, NULs, names of other groups and unknown parameters in every address of the API; every other method',
  promise: '400 or 404, and no file outside of the state is read',
  async run(world) {
    const wrong: string[] = [];
    let count = 0;
    const names = [
      '..',
      '..%2f..%2fetc',
      '%00',
      'a%20b',
      'A',
      '-',
      'x'.repeat(300),
      '__proto__',
      'constructor',
      'no-such-site',
      '%ff',
    ];
    for (const { method, path, query } of Object.values(endpoints)) {
      if (path === '/v1/daemon/stop') continue;
      const tries = [
        ...(path.includes(':') ? names.map((name) => [method, path.replace(/:\w+/, name)] as const) : []),
        [method, `${path.replace(/:\w+/, world.mallory.name)}?unknown=1`] as const,
        ...query.map((name) => [method, `${path.replace(/:\w+/, world.mallory.name)}?${name}=..%2f..`] as const),
        [method === 'GET' ? 'POST' : 'GET', path.replace(/:\w+/, world.mallory.name)] as const,
        ['DELETE', path] as const,
      ];
      for (const [how, where] of tries) {
        count += 1;
        const { status } = await askDaemon(world, how, where, how === 'POST' ? '{}' : undefined);
        if (status < 400 || status >= 500) wrong.push(`${how} ${where.slice(0, 60)} is answered ${status}`);
      }
    }
    return outcome(wrong, `${count} requests, all refused`);
  },
};

export const apiArea: Area = { id: 'api', title: 'The daemon’s API', attacks: [sockets, bodies, addresses, lock] };
