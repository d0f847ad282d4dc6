import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isRoot } from '../../src/machine/system.ts';
import { ProblemError } from '../../src/problems/problem.ts';
import {
  additions,
  buildOrder,
  makeInput,
  type Order,
  closeBase,
  prepareBase,
  problemOf,
  variantOf,
  writeFiles,
} from './release-rig.ts';

let base: string;

beforeAll(async () => {
  base = await prepareBase();
});

afterAll(() => closeBase(base));

const build = (order: Pick<Order, 'source'>) => buildOrder({ base, additions, ...order });
const variant = (name: string, files: Readonly<Record<string, string>>): string => variantOf(base, name, files);

describe('a source', () => {
  it('may be a local repository, of which the commit is built', async () => {
    const work = variant('repository', {});
    const git = (...args: string[]): string =>
      execFileSync(
        'git',
        ['-c', 'user.name=T', '-c', 'user.email=t@example.org', '-c', 'init.defaultBranch=trunk', ...args],
        { cwd: work },
      )
        .toString()
        .trim();
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '-m', 'one');
    writeFiles(work, { 'goods/uncommitted.py': '' });
    const { record } = await build({ source: `file://${work}` });
    expect(record.revision).toBe(git('rev-parse', 'HEAD'));
    expect(existsSync(join(record.folder, 'code/goods/uncommitted.py'))).toBe(false);
    expect(existsSync(join(record.folder, 'code/.git'))).toBe(false);
    // What a git that was killed leaves behind: the mirror is made anew.
    git('commit', '--quiet', '--allow-empty', '-m', 'two');
    const [mirror = ''] = readdirSync(join(base, 'checkouts')).map((name) =>
      join(base, 'checkouts', name, 'repository.git'),
    );
    writeFiles(mirror, { 'refs/roadie/wanted.lock': '', 'shallow.lock': '' });
    const { blueprint } = await makeInput({ base, source: `file://${work}` });
    expect(blueprint.source).toMatchObject({ kind: 'git', ref: 'trunk', revision: git('rev-parse', 'HEAD') });
    expect(blueprint.source.revision).not.toBe(record.revision);
  });

  it('runs nothing that a hostile repository names, and follows no link out of it', async () => {
    const work = variant('hostile', {});
    const witness = join(base, 'witness');
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.org', ...args], { cwd: work })
        .toString()
        .trim();
    git('init', '--quiet');
    symlinkSync('/etc/shadow', join(work, 'goods/static/goods/shadow.css'));
    git('add', '.');
    git('commit', '--quiet', '-m', 'one');
    writeFiles(work, {
      '.git/hooks/post-checkout': `#!/bin/sh\ntouch ${witness}\n`,
      '.git/fsmonitor.sh': `#!/bin/sh\ntouch ${witness}\n`,
    });
    chmodSync(join(work, '.git/hooks/post-checkout'), 0o755);
    chmodSync(join(work, '.git/fsmonitor.sh'), 0o755);
    for (const setting of ['core.fsmonitor', 'core.sshCommand', 'core.gitProxy', 'uploadpack.packObjectsHook'])
      git('config', setting, join(work, '.git/fsmonitor.sh'));
    const folder = await makeInput({ base, source: work });
    const repository = await makeInput({ base, source: `file://${work}` });
    expect(existsSync(witness)).toBe(false);
    expect(folder.blueprint.source.kind).toBe('folder');
    expect(repository.blueprint.source.kind).toBe('git');
    // The link is a link in the release, and the site's user cannot read what it points at: collectstatic refuses or skips it.
    const result = await build({ source: work }).then(
      ({ record }) =>
        readdirSync(join(record.folder, 'static/goods')).includes('shadow.css') &&
        readFileSync(join(record.folder, 'static/goods/shadow.css'), 'utf8').includes('root:'),
      (error: unknown) => {
        expect(error).toBeInstanceOf(ProblemError);
        return false;
      },
    );
    expect(result && isRoot()).toBe(false);
  });

  it.each(['ext::sh -c true', '--upload-pack=true', 'http://127.0.0.1/x.git', 'ssh://-oProxyCommand=true/x'])(
    'is refused where it is %s',
    async (source) => {
      expect((await problemOf(makeInput({ base, source }))).code).toBe('source-refused');
    },
  );

  it('that is not there is missing, be it a folder, a repository or a branch', async () => {
    expect((await problemOf(makeInput({ base, source: join(base, 'nowhere') }))).code).toBe('source-missing');
    expect((await problemOf(makeInput({ base, source: `file://${join(base, 'nowhere.git')}` }))).code).toBe(
      'source-missing',
    );
    expect((await problemOf(makeInput({ base, source: `file://${join(base, 'repository')}#nosuchbranch` }))).code).toBe(
      'source-missing',
    );
  });
});
