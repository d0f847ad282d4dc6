import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { runCommand } from '../../test/rig/box.ts';
import { TinyProject } from '../../test/rig/tiny-project.ts';
import { type Area, type Attack, outcome } from './attack.ts';
import { ProcessWatch } from './processes.ts';
import type { World } from './world.ts';

/** A folder in which whatever an attack has run leaves its mark; everybody may write there. */
async function witness(
  world: World,
): Promise<{ readonly file: string; readonly left: () => Promise<readonly string[]> }> {
  const folder = join(world.box.folder, 'witness');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  await chmod(folder, 0o777);
  return {
    file: join(folder, 'was-here'),
    left: async () => (await readdir(folder)).map((name) => `${name} was made`),
  };
}

const addresses: Attack = {
  name: 'addresses that are options or programs',
  who: 'committer',
  how: '`ext::sh -c …`, `ssh://-oProxyCommand=…`, `--upload-pack=…`, `git://`, `http://`, `file://` with options, as the source of a site and as `[source] repository`',
  promise: 'each is refused, and nothing is run',
  async run(world) {
    const { file, left } = await witness(world);
    const sources = [
      `ext::sh -c 'touch ${file}'`,
      `ext::sh -c touch% ${file}`,
      `ssh://-oProxyCommand=touch%20${file}/x`,
      `-oProxyCommand=touch ${file}:x`,
      `--upload-pack=touch ${file}`,
      `file://--upload-pack=touch ${file}`,
      'git://127.0.0.1/x.git',
      'http://127.0.0.1/x.git',
      'ftp://127.0.0.1/x.git',
      `fd::17/${file}`,
    ];
    const wrong: string[] = [];
    for (const source of sources) {
      const ran = await world.box.roadie(['up', source, '--name', world.spare, '--yes']);
      if (ran.code === 0) wrong.push(`${source} was accepted`);
      const folder = await TinyProject.make('x');
      await folder.write({ 'roadie.toml': `[source]\nrepository = ${JSON.stringify(source)}\n` });
      const configured = await world.box.up(folder.folder, world.spare, '--yes');
      if (configured.code === 0 && /^(?:ext|fd|git|http|ftp|-)/.test(source))
        wrong.push(`[source] repository took ${source}`);
      await rm(folder.folder, { recursive: true });
    }
    return outcome([...wrong, ...(await left())], `${sources.length} addresses refused, nothing run`);
  },
};

const refs: Attack = {
  name: 'refs that are options',
  who: 'local user',
  how: '`--ref=--upload-pack=touch …`, `--exec`, `-c core.sshCommand=…`, `..`, `@{upstream}`, a ref with a NUL or a line break, for `up` and `deploy`',
  promise: 'each is refused, and nothing is run',
  async run(world) {
    const { file, left } = await witness(world);
    const wrong: string[] = [];
    const words = [
      `--upload-pack=touch ${file}`,
      `--exec=touch ${file}`,
      `-ctouch ${file}`,
      '../../x',
      'a..b',
      '@{u}',
      'a\nb',
      'x:y',
      '-',
    ];
    for (const ref of words) {
      for (const command of [
        ['deploy', world.mallory.name, `--ref=${ref}`],
        ['up', world.mallory.repository.url, '--name', world.spare, `--ref=${ref}`],
      ]) {
        const ran = await world.box.roadie(command);
        if (ran.code === 0) wrong.push(`${command[0]} took the ref ${JSON.stringify(ref)}`);
      }
    }
    return outcome([...wrong, ...(await left())], `${words.length} refs refused twice, nothing run`);
  },
};

const ownConfiguration: Attack = {
  name: 'a repository that names programs',
  who: 'committer',
  how: '`core.fsmonitor`, `core.sshCommand`, `core.gitProxy`, `core.hooksPath`, `uploadpack.packObjectsHook`, filters, aliases and hooks in the repository that root is told to deploy, as a folder and as `file://`',
  promise: 'root runs none of them',
  async run(world) {
    const { file, left } = await witness(world);
    const project = await TinyProject.make('hostile');
    const git = (...words: readonly string[]): void =>
      void execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.org', ...words], {
        cwd: project.folder,
      });
    try {
      git('init', '--quiet');
      const program = join(project.folder, '.git/run.sh');
      await writeFile(program, `#!/bin/sh\ntouch ${file}\ncat\n`, { mode: 0o755 });
      await project.write({ '.gitattributes': '*.css filter=evil diff=evil\n*.py filter=evil export-subst\n' });
      git('add', '.');
      git('commit', '--quiet', '-m', 'one');
      for (const hook of [
        'post-checkout',
        'pre-receive',
        'update',
        'post-update',
        'reference-transaction',
        'fsmonitor-watchman',
        'post-index-change',
      ])
        await writeFile(join(project.folder, '.git/hooks', hook), `#!/bin/sh\ntouch ${file}\n`, { mode: 0o755 });
      for (const name of [
        'core.fsmonitor',
        'core.sshCommand',
        'core.gitProxy',
        'uploadpack.packObjectsHook',
        'filter.evil.clean',
        'filter.evil.smudge',
        'filter.evil.process',
        'core.pager',
        'diff.external',
        'credential.helper',
        'core.askPass',
        'core.editor',
        'gpg.program',
        'gpg.ssh.program',
      ])
        git('config', name, program);
      git('config', 'core.hooksPath', join(project.folder, '.git/hooks'));
      git('config', 'alias.ls-files', `!touch ${file}`);
      const wrong: string[] = [];
      for (const source of [project.folder, `file://${project.folder}`]) {
        const ran = await world.box.roadie(['inspect', source]);
        if (ran.code !== 0) wrong.push(`inspect of ${source} failed: ${ran.all.trim().slice(-200)}`);
      }
      return outcome([...wrong, ...(await left())], '16 settings and 7 hooks, nothing run');
    } finally {
      await rm(project.folder, { recursive: true, force: true });
    }
  },
};

const links: Attack = {
  name: 'committed links to what root may read',
  who: 'committer',
  how: 'links among the static files, in place of a template, of `roadie.toml`’s neighbours and of a requirements file, to a file that only root may read; then deployed',
  promise: 'the secret is in no page, no static file, no message and no release',
  async run(world) {
    const secret = await world.secret('linked.txt');
    const { mallory } = world;
    const { folder } = mallory.project;
    const paths = [
      'notes/static/notes/leak.css',
      'notes/static/notes/leak.txt',
      'constraints.txt',
      '.python-version',
      'Procfile',
      '.env',
      'runtime.txt',
    ];
    for (const path of paths) await symlink(secret, join(folder, path));
    mallory.repository.push('links');
    const ran = await world.deploy(mallory);
    const wrong = ran.all.includes(world.canary) ? ['the deploy printed the secret'] : [];
    for (const name of ['leak.css', 'leak.txt']) {
      const page = await world.get(mallory, `/static/notes/${name}`);
      if (page.body.includes(world.canary)) wrong.push(`/static/notes/${name} has the secret`);
    }
    const found = execFileSync('sh', [
      '-c',
      'grep -rlIF -- "$1" "$2" || true',
      'sh',
      world.canary,
      world.path(mallory),
    ]);
    wrong.push(
      ...found
        .toString()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => `${line} holds the secret`),
    );
    for (const path of paths) await rm(join(folder, path));
    mallory.repository.push('no links');
    await world.must(world.deploy(mallory));
    return outcome(wrong, `${paths.length} links, the deploy ended with ${ran.code}; the secret is nowhere`);
  },
};

const submodules: Attack = {
  name: 'submodules that run programs',
  who: 'committer',
  how: 'a `.gitmodules` with `url = ext::…`, `update = !touch …`, a path of `../..` and a name of `../../hooks`',
  promise: 'submodules are not fetched, and nothing is run',
  async run(world) {
    const { file, left } = await witness(world);
    const { mallory } = world;
    await mallory.project.write({
      '.gitmodules': `[submodule "../../hooks"]\n\tpath = sub\n\turl = ext::sh -c touch% ${file}\n\tupdate = !touch ${file}\n[submodule "two"]\n\tpath = ../../two\n\turl = ${mallory.repository.bare}\n`,
    });
    mallory.repository.git('update-index', '--add', '--cacheinfo', `160000,${mallory.repository.head()},sub`);
    mallory.repository.push('submodules');
    const ran = await world.deploy(mallory);
    await rm(join(mallory.project.folder, '.gitmodules'));
    mallory.repository.git('update-index', '--force-remove', 'sub');
    mallory.repository.push('no submodules');
    await world.must(world.deploy(mallory));
    return outcome(await left(), `the deploy ended with ${ran.code}, nothing run`);
  },
};

const trees: Attack = {
  name: 'trees that leave their folder',
  who: 'committer',
  how: 'commits whose trees have an entry `..`, `.git`, `a/../../b` or a link and a file below it, made with `hash-object --literally`',
  promise: 'no file appears outside of the release',
  async run(world) {
    const { mallory } = world;
    const { repository } = mallory;
    const mark = `escaped-${world.canary}`;
    const before = repository.head();
    const hash = (type: string, content: Buffer): string =>
      execFileSync('git', ['hash-object', '-t', type, '-w', '--stdin', '--literally'], {
        cwd: repository.work,
        input: content,
        stdio: ['pipe', 'pipe', 'ignore'],
      })
        .toString()
        .trim();
    const blob = hash('blob', Buffer.from(`${mark}\n`));
    const target = hash('blob', Buffer.from(world.box.folder));
    const entry = (mode: string, name: string, id: string): Buffer =>
      Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]);
    const inner = hash('tree', entry('100644', mark, blob));
    const evil = [
      hash('tree', entry('40000', '..', inner)),
      hash('tree', entry('40000', '.git', inner)),
      hash('tree', entry('100644', `a/../../../${mark}`, blob)),
      hash('tree', Buffer.concat([entry('120000', 'link', target), entry('40000', 'link', inner)])),
    ];
    const codes: number[] = [];
    for (const tree of evil) {
      const commit = repository.git('commit-tree', '-m', 'evil', tree).trim();
      execFileSync('git', ['push', '--quiet', '--force', 'origin', `${commit}:refs/heads/main`], {
        cwd: repository.work,
        stdio: 'ignore',
      });
      codes.push((await world.deploy(mallory)).code);
    }
    execFileSync('git', ['push', '--quiet', '--force', 'origin', `${before}:refs/heads/main`], {
      cwd: repository.work,
      stdio: 'ignore',
    });
    const found = execFileSync('find', [
      world.box.folder,
      '-name',
      mark,
      '-not',
      '-path',
      '*/releases/*',
      '-not',
      '-path',
      '*/trees/*',
    ]).toString();
    const live = await world.get(mallory, '/');
    return outcome(
      [
        ...found.split('\n').filter((line) => line !== ''),
        ...(live.status === 200 ? [] : [`the site answers ${live.status}`]),
      ],
      `${evil.length} commits, deploys ended with ${codes.join(', ')}; nothing outside`,
    );
  },
};

const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] as const;

/** Repositories that were fetched, wherever they lie. */
function mirrors(world: World): readonly string[] {
  const base = join(world.box.folder, 'base');
  const found = execFileSync('find', [base, '-name', 'repository.git', '-type', 'd', '-prune']).toString();
  return found.split('\n').filter((line) => line !== '');
}

const whoRuns: Attack = {
  name: 'git as root',
  who: 'committer',
  how: 'root was told to read a repository that is somebody else’s, while all processes of the machine were watched',
  promise: 'git meets it as its owner, never as root; what was fetched belongs to that user, closed to all others',
  async run(world) {
    const { mallory, local } = world;
    const theirs = join(world.box.folder, 'theirs.git');
    execFileSync('git', ['clone', '--quiet', '--bare', mallory.repository.bare, theirs]);
    execFileSync('chown', ['--recursive', `${local.user.uid}:${local.user.gid}`, theirs]);
    const before = mirrors(world);
    const watch = new ProcessWatch({ everyMs: 5 });
    const ran = await world.box.roadie(['inspect', `file://${theirs}`]);
    watch.stop();
    await rm(theirs, { recursive: true });
    if (ran.code !== 0) throw new Error(ran.all);
    const programs = watch.seen.filter(
      ({ argv, cwd }) => /^(?:.*\/)?git(?:-[a-z-]+)?$/.test(argv[0] ?? '') && cwd.startsWith(world.box.folder),
    );
    const wrong = programs.filter(({ uid }) => uid === 0).map(({ argv }) => `root ran git … ${argv.at(-1) ?? ''}`);
    const made = mirrors(world).filter((path) => !before.includes(path));
    for (const path of made) {
      if ((await stat(path)).uid === 0) wrong.push('what was fetched belongs to root');
      if ((await runCommand([...asNobody, 'ls', path])).code === 0) wrong.push('what was fetched is open to others');
    }
    if (made.length === 0 || programs.length === 0) throw new Error('no git was seen');
    return outcome(wrong, `${programs.length} git processes seen, none of root; the mirror is closed to others`);
  },
};

export const gitArea: Area = {
  id: 'git',
  title: 'Git',
  attacks: [addresses, refs, ownConfiguration, links, submodules, trees, whoRuns],
};
