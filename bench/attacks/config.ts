import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { TinyProject } from '../../test/rig/tiny-project.ts';
import { type Area, type Attack, outcome } from './attack.ts';
import type { World } from './world.ts';

/** Names in a folder where whatever was run has left its mark. */
async function marks(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).map((name) => `${name} was made`);
}

async function markFolder(world: World): Promise<string> {
  const folder = join(world.box.folder, 'marks');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  await chmod(folder, 0o777);
  return folder;
}

/** A config that a commit brings: TOML, and what must not become of it. `MARK` stands for a file that must not be made. */
const configs: Readonly<Record<string, string>> = {
  'a domain that ends a directive':
    'domains = ["a.example; } server { listen 127.0.0.1:1; location / { alias /etc/; }"]',
  'a domain with a line break': 'domains = ["a.example\\nroot /etc"]',
  'a domain with a variable': 'domains = ["$host.example"]',
  'a pattern as a domain': 'domains = ["~^.*$"]',
  'a name with a path': 'name = "../../etc"',
  'a name that is an option': 'name = "-rf"',
  'a root outside': 'root = "../../../etc"',
  'an absolute root': 'root = "/etc"',
  'settings with code': 'settings = "os;import os;os.system(\'touch MARK\')"',
  'a Python with a path': 'python = "/tmp/../bin/sh"',
  'a health path with a header': '[health]\npath = "/ HTTP/1.1\\r\\nX-Evil: 1"',
  'a port of 99999': 'http_port = 99999',
  'a size with a directive': 'upload_limit_mb = "1m; }"',
  'a branch that is an option': '[source]\nbranch = "--upload-pack=touch MARK"',
  'an address that runs programs': '[source]\nrepository = "ext::sh -c touch% MARK"',
  'a signers file outside': '[source]\nonly_signed = "/etc/passwd"',
  'a tag that is an option': '[source]\nonly_status = "--exec=touch MARK"',
  'an unknown key': 'runAsRoot = true',
  'a key twice': 'name = "a"\nname = "b"',
  'a variable with a NUL': '[environment]\nA = "a\\u0000b"',
  'a variable’s name with an equals sign': '[environment]\n"A=B" = "c"',
};

const refusedConfigs: Attack = {
  name: 'a config that says more than it should',
  who: 'committer',
  how: `\`roadie.toml\` with ${Object.keys(configs).slice(0, 9).join(', ')} … (${Object.keys(configs).length} ways)`,
  promise: 'each is refused with its file and line; nothing is run, nothing reaches NGINX',
  async run(world) {
    const folder = await markFolder(world);
    const wrong: string[] = [];
    for (const [what, text] of Object.entries(configs)) {
      const project = await TinyProject.make('x');
      await project.write({ 'roadie.toml': `${text.replaceAll('MARK', join(folder, 'mark'))}\n` });
      const ran = await world.box.up(project.folder, world.spare, '--yes');
      if (ran.code === 0) wrong.push(`${what} was accepted`);
      else if (!/roadie\.toml:\d+/.test(ran.all)) wrong.push(`${what}: refused without its line`);
      await rm(project.folder, { recursive: true });
    }
    await world.box.roadie(['down', world.spare, '--delete-data', '--confirm', world.spare]);
    return outcome(
      [...wrong, ...(await marks(folder))],
      `${Object.keys(configs).length} configs refused, each with its line`,
    );
  },
};

const injections: Readonly<Record<string, string>> = {
  STATIC_URL: '/static/; } location /x { alias /etc/; } #/',
  MEDIA_URL: '/media/" { } location "/etc',
  FORCE_SCRIPT_NAME: '/x; alias /etc/',
  STATIC_ROOT: '/etc/"; disable_symlinks off; alias "/etc',
  MEDIA_ROOT: '/etc\n    autoindex on;\n    #',
};

const settings: Attack = {
  name: 'settings that end a directive of NGINX',
  who: 'committer',
  how: `\`${Object.keys(injections).join('`, `')}\` with quotes, braces, semicolons and line breaks, deployed one after the other`,
  promise: 'refused or quoted: no directive of theirs in NGINX’s configuration, and nothing of `/etc` is served',
  async run(world) {
    const { mallory, box } = world;
    const { folder } = mallory.project;
    const good = await readFile(join(folder, 'tiny/settings.py'), 'utf8');
    const wrong: string[] = [];
    const codes: number[] = [];
    for (const [name, value] of Object.entries(injections)) {
      await mallory.commit({ 'tiny/settings.py': `${good}\n${name} = ${JSON.stringify(value)}\n` });
      codes.push((await world.deploy(mallory)).code);
      const file = await readFile(join(box.folder, 'base/edge/sites', `${mallory.name}.conf`), 'utf8');
      if (/^\s*(?:autoindex on|alias "?\/etc)/m.test(file)) wrong.push(`${name} wrote a directive`);
      for (const path of ['/x/passwd', '/static/passwd', '/media/passwd', '/etc/passwd', '/passwd'])
        if ((await world.get(mallory, path)).body.includes('root:x:0')) wrong.push(`${name}: ${path} is served`);
    }
    await mallory.commit({ 'tiny/settings.py': good });
    await world.must(world.deploy(mallory));
    return outcome(wrong, `${codes.length} deploys, which ended with ${codes.join(', ')}`);
  },
};

const commands: Attack = {
  name: 'commands for a shell',
  who: 'committer',
  how: 'a worker, a release command and an Aptfile with `$(…)`, backticks, `;`, `|`, `&&`, options of apt (`-o APT::…`) and a path to a package',
  promise: 'no shell reads a line of them, and apt gets names alone',
  async run(world) {
    const folder = await markFolder(world);
    const mark = (name: string): string => join(folder, name);
    const project = await TinyProject.make('shell');
    const wrong: string[] = [];
    try {
      for (const [index, files] of [
        {
          Procfile: `worker: python -c "1" $(touch ${mark('procfile')}) \`touch ${mark('ticks')}\` ; touch ${mark('semicolon')} && touch ${mark('and')}\nrelease: touch ${mark('release')}; true\n`,
        },
        {
          Aptfile: `-o APT::Update::Pre-Invoke::=touch\\ ${mark('apt')}\n; touch ${mark('apt2')}\n$(touch ${mark('apt3')})\n`,
        },
        { Aptfile: './evil.deb\n/tmp/evil.deb\nhttp://127.0.0.1/evil.deb\n' },
        { 'roadie.toml': `[workers.x]\ncommand = "python -c 1; touch ${mark('worker')} $(touch ${mark('dollar')})"\n` },
      ].entries()) {
        await rm(join(project.folder, 'Procfile'), { force: true });
        await rm(join(project.folder, 'Aptfile'), { force: true });
        await project.write(files);
        const planned = await world.box.up(project.folder, world.spare, '--json', '--yes');
        if (
          /"(?:-o APT|\.\/evil|\/tmp\/evil|http:\/\/127)/.test(
            planned.stdout
              .split('\n')
              .filter((line) => line.includes('apt'))
              .join(''),
          )
        )
          wrong.push(`way ${index + 1}: apt would get it`);
      }
      return outcome([...wrong, ...(await marks(folder))], '4 ways, nothing run');
    } finally {
      await world.box.roadie(['down', world.spare, '--delete-data', '--confirm', world.spare]);
      await rm(project.folder, { recursive: true, force: true });
    }
  },
};

const dotenv: Attack = {
  name: 'a .env file that a shell would read',
  who: 'local user',
  how: 'a file with a BOM, CRLF, `$(…)`, backticks, `${HOME}`, a NUL, a line without a name and one without an end, for `env set --file`',
  promise: 'literal, or refused with the line and without the value',
  async run(world) {
    const folder = await markFolder(world);
    const file = join(world.box.folder, 'odd.env');
    const { mallory } = world;
    await writeFile(
      file,
      `\uFEFFODD_ONE=$(touch ${folder}/a)\r\nODD_TWO=\`touch ${folder}/b\`\r\nexport ODD_THREE="\${HOME}"\r\n`,
    );
    await world.must(world.box.roadie(['env', 'set', mallory.name, '--file', file, '--wait']));
    const told = await world.asSite('import os\nprint([os.environ[n] for n in ("ODD_ONE", "ODD_TWO", "ODD_THREE")])');
    const wrong = told.includes(`['$(touch ${folder}/a)', '\`touch ${folder}/b\`', '\${HOME}']`)
      ? []
      : [`the site has ${told}`];
    await writeFile(
      file,
      `FINE=${world.canary}\nNUL=${world.canary}\0\nno ${world.canary}\n2X=${world.canary}\nOPEN="${world.canary}\n`,
    );
    const refused = await world.box.roadie(['env', 'set', mallory.name, '--file', file]);
    if (refused.code === 0) wrong.push('the bad file was taken');
    if (refused.all.includes(world.canary)) wrong.push('the refusal shows a value');
    await world.must(world.box.roadie(['env', 'unset', mallory.name, 'ODD_ONE', 'ODD_TWO', 'ODD_THREE', '--wait']));
    return outcome([...wrong, ...(await marks(folder))], '3 lines literal, 4 refused without their values');
  },
};

const loader: Attack = {
  name: 'variables that programs of root’s would believe',
  who: 'committer',
  how: '`LD_PRELOAD`, `PATH`, `NODE_OPTIONS`, `GIT_SSH_COMMAND`, `PYTHONSTARTUP`, `BASH_ENV`, `IFS` in `[environment]` and by `env set`; then a deploy, a restart and a `run`',
  promise: 'no program that runs as root is given them',
  async run(world) {
    const { mallory } = world;
    const folder = await markFolder(world);
    const library = join(world.box.folder, 'preload.so');
    await writeFile(
      join(world.box.folder, 'preload.c'),
      `#include <stdio.h>\n#include <unistd.h>\n#include <fcntl.h>\n__attribute__((constructor)) static void here(void) { if (geteuid() == 0) { int f = open("${folder}/root-was-here", O_CREAT | O_WRONLY, 0644); if (f >= 0) close(f); } }\n`,
    );
    try {
      execFileSync('cc', ['-shared', '-fPIC', '-o', library, join(world.box.folder, 'preload.c')], { stdio: 'ignore' });
    } catch {
      return { notRun: 'there is no C compiler here' };
    }
    await chmod(library, 0o755);
    await writeFile(join(world.box.folder, 'bash-env'), `[ "$(id -u)" = 0 ] && touch ${folder}/bash-env\n`);
    const names = {
      LD_PRELOAD: library,
      NODE_OPTIONS: '--require=/nonexistent',
      BASH_ENV: join(world.box.folder, 'bash-env'),
      GIT_SSH_COMMAND: `touch ${folder}/git`,
    };
    const ran = [
      await world.box.roadie([
        'env',
        'set',
        mallory.name,
        ...Object.entries(names).map(([name, value]) => `${name}=${value}`),
        '--wait',
      ]),
      await (async () => {
        await mallory.commit({ 'notes/version.py': 'VERSION = "preload"\n' });
        return world.deploy(mallory);
      })(),
      await world.box.roadie(['restart', mallory.name]),
      await world.box.roadie(['run', mallory.name, '--', 'check']),
    ];
    const left = await marks(folder);
    await world.must(world.box.roadie(['env', 'unset', mallory.name, ...Object.keys(names), '--wait']));
    return outcome(
      left,
      `env set, deploy, restart and run ended with ${ran.map(({ code }) => code).join(', ')}; root loaded none of it`,
    );
  },
};

export const configArea: Area = {
  id: 'config',
  title: 'Config, settings and variables',
  attacks: [refusedConfigs, settings, commands, dotenv, loader],
};
