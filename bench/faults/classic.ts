import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { chmod, chown, cp, mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { allProcesses, look, processTree, signalProcess } from '../../src/machine/processes/processes.ts';
import { installPackages } from '../../src/machine/packages/packages.ts';
import { runCommand } from '../../test/rig/box.ts';
import { freePort } from '../../test/rig/free-port.ts';
import type { Fault } from './fault.ts';
import type { Member } from './load.ts';
import type { Ours } from './ours.ts';
import { pause, until } from './until.ts';
import type { Target } from './visitor.ts';

/**
 * The stack of the tutorials beside ours: Debian's nginx.conf with the site that they show, Gunicorn with three workers that binds
 * its own socket, and supervisord. The same code, virtualenv, settings, user, database and Redis as ours.
 */
export class Classic {
  readonly target: Target;
  readonly #folder: string;
  readonly #ours: Ours;
  readonly #started: ChildProcess[] = [];
  #member: Member | undefined;

  private constructor(ours: Ours, target: Target) {
    this.#ours = ours;
    this.target = target;
    this.#folder = join(ours.box.folder, 'classic');
  }

  static async open(ours: Ours): Promise<Classic> {
    const classic = new Classic(ours, { domain: ours.target.domain, port: await freePort() });
    await installPackages(['supervisor'], { journal: join(ours.box.folder, 'packages.json') });
    await classic.#write();
    classic.#start('supervisord', ['/usr/bin/supervisord', '-n', '-c', join(classic.#folder, 'supervisord.conf')]);
    classic.#start('nginx', ['/usr/sbin/nginx', '-c', join(classic.#folder, 'nginx.conf'), '-g', 'daemon off;']);
    classic.#member = ours.member.at(classic.target);
    try {
      await classic.settled();
    } catch (error) {
      const said = await Promise.all(
        ['supervisord.out', 'supervisord.log', 'gunicorn.log', 'nginx.out', 'error.log'].map((name) =>
          readFile(join(classic.#folder, name), 'utf8')
            .then((text) => text.slice(-800))
            .catch(() => ''),
        ),
      );
      await classic.close();
      throw new Error(`${String(error)}\n${said.join('\n')}`, { cause: error });
    }
    return classic;
  }

  get member(): Member {
    if (!this.#member) throw new Error('the classic stack is not up');
    return this.#member;
  }

  async #write(): Promise<void> {
    const folder = this.#folder;
    const { box, site } = this.#ours;
    const web = await this.#ours.pid('web');
    const release = await realpath(join(box.folder, 'base/sites', site, 'current'));
    const variables = (await readFile(`/proc/${web}/environ`, 'utf8'))
      .split('\0')
      .filter((line) => /^(?!LISTEN_|ROADIE_|PWD|CSRF_TRUSTED_ORIGINS)\w+=/.test(line))
      .map((line) => line.replaceAll(release, join(folder, 'app')));
    // `proxy_params` hands on the host without its port, so Django must be told of ours.
    variables.push(`CSRF_TRUSTED_ORIGINS=https://${this.target.domain}:${this.target.port}`);
    const { uid, gid } = await owner(web);
    await mkdir(join(folder, 'run'), { recursive: true });
    await chmod(folder, 0o755);
    await chown(join(folder, 'run'), uid, gid);
    // A copy: ours takes old releases away.
    await must(['/bin/cp', '-a', release, join(folder, 'app')]);
    // Ours belong to root, and who may read them is told by groups that supervisord does not give: the tutorials' own them.
    await must(['/bin/chown', '-R', `${uid}:${gid}`, join(folder, 'app')]);
    await must(['/bin/chmod', '-R', 'a+rX', join(folder, 'app')]);
    const shipped = await readFile('/etc/nginx/nginx.conf', 'utf8');
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `\t${name}_temp_path ${folder}/temp-${name};`)
      .join('\n');
    const main = shipped
      .replace(/^pid .*$/m, `pid ${folder}/nginx.pid;`)
      .replace(/^error_log .*$/m, `error_log ${folder}/error.log;`)
      .replace(/^include \/etc\/nginx\/modules-enabled.*$/m, '')
      .replace(/^\s*access_log .*$/m, `\taccess_log ${folder}/access.log;`)
      .replace(/^\s*include \/etc\/nginx\/conf\.d.*$/m, temporary)
      .replace(/^\s*include \/etc\/nginx\/sites-enabled.*$/m, `\tinclude ${folder}/site.conf;`);
    if (!main.includes(`${folder}/site.conf`)) throw new Error("Debian's nginx.conf is not as expected");
    await writeFile(join(folder, 'nginx.conf'), main);
    const certificates = join(box.folder, 'base/edge/certificates', site);
    await cp(certificates, join(folder, 'certificate'), { recursive: true });
    await writeFile(
      join(folder, 'site.conf'),
      `server {
    listen 127.0.0.1:${this.target.port} ssl http2;
    server_name ${this.target.domain};
    ssl_certificate ${folder}/certificate/fullchain.pem;
    ssl_certificate_key ${folder}/certificate/key.pem;
    location = /favicon.ico { access_log off; log_not_found off; }
    location /static/ {
        alias ${folder}/app/static/;
    }
    location / {
        include /etc/nginx/proxy_params;
        proxy_pass http://unix:${folder}/run/gunicorn.sock;
    }
}
`,
    );
    // supervisord's own file would need every % doubled; a script is what tutorials use for many variables.
    const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
    const exports = variables.map(
      (line) => `export ${line.slice(0, line.indexOf('='))}=${quoted(line.slice(line.indexOf('=') + 1))}`,
    );
    await writeFile(
      join(folder, 'start'),
      `#!/bin/sh\n${exports.join('\n')}\ncd ${folder}/app/code\nexec ${folder}/app/venv/bin/python -m gunicorn --workers 3 --bind unix:${folder}/run/gunicorn.sock forum.wsgi:application\n`,
      { mode: 0o700 },
    );
    await chown(join(folder, 'start'), uid, gid);
    await writeFile(
      join(folder, 'supervisord.conf'),
      `[unix_http_server]
file=${folder}/supervisor.sock
chmod=0700

[supervisord]
logfile=${folder}/supervisord.log
pidfile=${folder}/supervisord.pid
childlogdir=${folder}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://${folder}/supervisor.sock

[program:gunicorn]
command=${folder}/start
directory=${folder}/app/code
user=${uid}
autostart=true
autorestart=true
redirect_stderr=true
stdout_logfile=${folder}/gunicorn.log
`,
    );
  }

  #start(name: string, [program, ...words]: readonly [string, ...string[]]): void {
    const log = openSync(join(this.#folder, `${name}.out`), 'a');
    this.#started.push(
      spawn(program, words, {
        cwd: '/',
        detached: true,
        stdio: ['ignore', log, log],
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      }),
    );
  }

  async control(...words: readonly string[]): Promise<void> {
    await must(['/usr/bin/supervisorctl', '-c', join(this.#folder, 'supervisord.conf'), ...words]);
  }

  /** Gunicorn's master. */
  async pid(): Promise<number> {
    const ran = await runCommand([
      '/usr/bin/supervisorctl',
      '-c',
      join(this.#folder, 'supervisord.conf'),
      'pid',
      'gunicorn',
    ]);
    const pid = Number(ran.stdout);
    if (!(pid > 1)) throw new Error(`Gunicorn does not run: ${ran.all}`);
    return pid;
  }

  async nginx(): Promise<number> {
    return Number(await readFile(join(this.#folder, 'nginx.pid'), 'utf8'));
  }

  /** The same one-line change as ours has, in place, as `git pull` would make it. */
  async change(path: string, content: string): Promise<void> {
    await writeFile(join(this.#folder, 'app/code', path), content);
  }

  async code(path: string): Promise<string> {
    return readFile(join(this.#folder, 'app/code', path), 'utf8');
  }

  /** Waits until it answers. */
  settled(): Promise<void> {
    return until('the classic stack to answer', 60_000, async () => {
      const answer = await this.member.visitor.ask({ method: 'GET', path: '/health/', fresh: true });
      return answer.status === 200 && (await this.pid()) > 1;
    });
  }

  async close(): Promise<void> {
    for (const child of this.#started) {
      if (child.pid === undefined) continue;
      const tree = processTree(child.pid);
      for (const pid of tree) signalProcess(pid, 'SIGKILL');
    }
    await pause(200);
    // What supervisord's or NGINX's end left behind.
    for (const [pid] of allProcesses()) {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (line.includes(`${this.#folder}/`)) signalProcess(pid, 'SIGKILL');
    }
  }
}

async function must(command: readonly [string, ...string[]]): Promise<void> {
  const ran = await runCommand(command);
  if (ran.code !== 0) throw new Error(ran.all);
}

async function owner(pid: number): Promise<{ uid: number; gid: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const id = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return { uid: id('Uid'), gid: id('Gid') };
}

/** What the tutorials' stack has an answer to. The ids are those of our faults that they are compared with. */
export const classicFaults: readonly Fault<Classic>[] = [
  { id: 'deploy', title: '`supervisorctl restart`', run: restart },
  { id: 'deploy-hup', title: '`kill -HUP` of Gunicorn', run: reload },
  { id: 'deploy-overload', title: '`supervisorctl restart` in overload', crowd: 64, run: restart },
  {
    id: 'bad-boot',
    title: '`supervisorctl restart` with code that does not boot, put back at once',
    async run(classic, strike) {
      const good = await classic.code('forum/wsgi.py');
      await classic.change('forum/wsgi.py', 'raise RuntimeError("does not boot")\n');
      strike();
      await classic.control('restart', 'gunicorn').catch(() => undefined);
      await classic.change('forum/wsgi.py', good);
      await classic.control('restart', 'gunicorn').catch(() => classic.control('start', 'gunicorn'));
      await classic.settled();
    },
  },
  {
    id: 'certificate',
    title: '`nginx -s reload`',
    async run(classic, strike) {
      const pid = await classic.nginx();
      strike();
      signalProcess(pid, 'SIGHUP');
      await pause(500);
    },
  },
  {
    id: 'kill-master',
    title: 'as ours',
    async run(classic, strike) {
      const pid = await classic.pid();
      strike();
      signalProcess(pid, 'SIGKILL');
      await back(classic, pid);
    },
  },
  {
    id: 'kill-tree',
    title: 'as ours',
    async run(classic, strike) {
      const pid = await classic.pid();
      const tree = processTree(pid);
      strike();
      for (const each of tree) signalProcess(each, 'SIGKILL');
      await back(classic, pid);
    },
  },
  {
    id: 'kill-worker',
    title: 'as ours',
    async run(classic, strike) {
      const pid = await classic.pid();
      const worker = processTree(pid).find((each) => each !== pid);
      strike();
      if (worker !== undefined) signalProcess(worker, 'SIGKILL');
      await classic.settled();
    },
  },
];

async function restart(classic: Classic, strike: () => void): Promise<void> {
  strike();
  await classic.control('restart', 'gunicorn');
  await classic.settled();
}

async function reload(classic: Classic, strike: () => void): Promise<void> {
  const pid = await classic.pid();
  strike();
  signalProcess(pid, 'SIGHUP');
  await classic.settled();
}

function back(classic: Classic, before: number): Promise<void> {
  return until('the next Gunicorn', 60_000, async () => {
    const pid = await classic.pid();
    if (pid === before || !look(pid)) return false;
    await classic.settled();
    return true;
  });
}
