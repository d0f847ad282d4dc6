import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { freePort } from '../../test/rig/free-port.ts';
import { type Area, type Attack, outcome } from './attack.ts';
import { survivor } from './survivors.ts';
import { config } from './sites.ts';
import { usersAt, type World } from './world.ts';
import { until } from '../faults/until.ts';

/** Ports on addresses besides the loopback network that users of these ids listen on. */
function openPorts(isOurs: (uid: number) => boolean): readonly number[] {
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .split('\n')
      .flatMap((line) => {
        const [, local = '', , state, , , , uid] = line.trim().split(/\s+/);
        const [address = '', port = ''] = local.split(':');
        const loopback = /^(?:[0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F)$/.test(address);
        return state === '0A' && !loopback && isOurs(Number(uid)) ? [Number.parseInt(port, 16)] : [];
      }),
  );
}

/** Whether a user is one of the hostile site's, whatever roles it has. */
async function usersOf(world: World): Promise<(uid: number) => boolean> {
  const uids = new Set((await usersAt(world.path(world.mallory))).map(({ uid }) => uid));
  const live = Number(await world.asSite('import os\nprint(os.getuid())'));
  return (uid) => uid === live || uids.has(uid);
}

/** What the project's own files have Gunicorn or the application do. `PORT` stands for a free port. */
function deployed(name: string, how: string, files: Readonly<Record<string, string>>, seconds = 0): Attack {
  return {
    name,
    who: 'committer',
    how,
    promise: 'the release is refused or listens on its own socket alone, and answers there',
    async run(world) {
      const { mallory } = world;
      const port = String(await freePort());
      const isOurs = await usersOf(world);
      await mallory.commit(
        Object.fromEntries(Object.entries(files).map(([path, text]) => [path, text.replaceAll('PORT', port)])),
      );
      const ran = await world.deploy(mallory);
      if (seconds > 0) await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      const open = openPorts(isOurs);
      const answered = await world.get(mallory, '/health/').catch(() => undefined);
      const wsgi = 'tiny/wsgi.py' in files;
      for (const path of Object.keys(files))
        if (path !== 'tiny/wsgi.py') await rm(join(mallory.project.folder, path), { force: true });
      await mallory.commit(wsgi ? { 'tiny/wsgi.py': usualWsgi } : {});
      await world.must(world.deploy(mallory));
      const wrong = open.map((each) => `port ${each} is open to the network`);
      if (answered?.status !== 200) wrong.push(`the site answers ${answered?.status ?? 'nothing'} meanwhile`);
      const named = new RegExp(`\\b${port}\\b`).test(ran.all);
      return outcome(wrong, `the deploy ended with ${ran.code}${named ? ' and named the port' : ''}; no port was open`);
    },
  };
}

const usualWsgi = `import os
from django.core.wsgi import get_wsgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tiny.settings")
application = get_wsgi_application()
`;

const gunicorn = deployed(
  '`reuse_port` in gunicorn.conf.py',
  '`reuse_port = True`, `bind`, `daemon`, `user`, `pidfile`, `umask`, `certfile` and `worker_tmp_dir` in the project’s `gunicorn.conf.py`',
  {
    'gunicorn.conf.py':
      'reuse_port = True\nbind = "0.0.0.0:PORT"\ndaemon = False\numask = 0\npidfile = "/tmp/owned.pid"\nforwarded_allow_ips = "*"\n',
  },
);

const hooks = deployed(
  'a hook of Gunicorn’s that listens',
  '`on_starting`, `when_ready`, `post_fork` and `on_reload` in `gunicorn.conf.py`, and `GUNICORN_CMD_ARGS`, each with a port of its own',
  {
    'gunicorn.conf.py': `import os, socket
os.environ["GUNICORN_CMD_ARGS"] = "--bind 0.0.0.0:PORT"
kept = []
def open_port():
    try:
        server = socket.socket(); server.bind(("0.0.0.0", PORT)); server.listen(1); kept.append(server)
    except OSError: pass
def on_starting(server): open_port()
def when_ready(server): open_port()
def post_fork(server, worker): open_port()
`,
  },
  3,
);

const application = deployed(
  'an application that listens',
  '`wsgi.py` opens a port on all addresses when it is imported',
  {
    'tiny/wsgi.py': `${usualWsgi}import socket\nserver = socket.socket()\nserver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\ntry: server.bind(("0.0.0.0", PORT)); server.listen(1)\nexcept OSError: pass\n`,
  },
  1,
);

const live: Attack = {
  name: 'a port opened while it runs',
  who: 'broken-into site',
  how: 'the live web server left a process that listens on all addresses',
  promise: 'an event names the port and the process; with `[network] listen` it is what the owner wants',
  async run(world) {
    const port = await freePort();
    const seen = (await world.events()).length;
    const program = survivor('listens').replace(
      / {4}until = [\s\S]*? {4}os\._exit\(0\)\n/,
      `    import socket\n    server = socket.socket(); server.bind(("0.0.0.0", ${port})); server.listen(1)\n    time.sleep(75); os._exit(0)\n`,
    );
    await world.asSite(program);
    const isOurs = await usersOf(world);
    await until('the port', 5000, () => Promise.resolve(openPorts(isOurs).includes(port)));
    const told = await until('an event', 70_000, async () =>
      (await world.events())
        .slice(seen)
        .some((event) => event.site === world.mallory.name && JSON.stringify(event).includes(String(port))),
    ).then(
      () => true,
      () => false,
    );
    await world.box.roadie(['restart', world.mallory.name]);
    const after = openPorts(isOurs).includes(port);
    await until('the port to be free', 90_000, () => Promise.resolve(!openPorts(isOurs).includes(port)));
    return outcome(
      told ? [] : [`no event names the port within 70 s${after ? ', and it outlives a restart' : ''}`],
      'an event named it',
    );
  },
};

const wanted: Attack = {
  name: 'a port that the owner wants',
  who: 'committer',
  how: '`[network] listen = [PORT]` in roadie.toml, and an application that opens that port and one more',
  promise: 'the one is let be, the other refused',
  async run(world) {
    const { mallory } = world;
    const [one, other] = [await freePort(), await freePort()];
    const listens = (ports: readonly number[]): string =>
      `${usualWsgi}import socket\nkept = []\nfor port in ${JSON.stringify(ports)}:\n    try: server = socket.socket(); server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); server.bind(("0.0.0.0", port)); server.listen(1); kept.append(server)\n    except OSError: pass\n`;
    const withListen = `${config([mallory.domain])}\n[network]\nlisten = [${one}]\n`;
    await mallory.commit({ 'roadie.toml': withListen, 'tiny/wsgi.py': listens([one]) });
    const allowed = await world.deploy(mallory);
    await mallory.commit({ 'tiny/wsgi.py': listens([one, other]) });
    const refused = await world.deploy(mallory);
    await mallory.commit({ 'roadie.toml': config([mallory.domain]), 'tiny/wsgi.py': usualWsgi });
    await world.must(world.deploy(mallory));
    const wrong = [
      ...(allowed.code === 0 ? [] : [`the wanted port is refused: ${allowed.all.trim().slice(0, 160)}`]),
      ...(refused.code === 0 ? ['the other port is let be'] : []),
    ];
    return outcome(wrong, `the wanted port was let be, the other refused with ${refused.code}`);
  },
};

export const listeningArea: Area = {
  id: 'listening',
  title: 'Listening (6)',
  attacks: [gunicorn, hooks, application, wanted, live],
};
