import { appendFile, chmod, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { copyPython, tryPython } from '../../src/machine/packages/copy-python.ts';
import { findPythons, type Python } from '../../src/machine/packages/programs.ts';
import { lookupUser, type User } from '../../src/machine/users/users.ts';
import { downloadPython, uvVersion } from '../../src/machine/packages/uv.ts';
import { requireRoot, runCommand } from '../rig/box.ts';

let base: string;
let nobody: User;
let system: Python;
/** An installation that only root can reach. */
let hidden: string;

beforeAll(async () => {
  requireRoot();
  base = await mkdtemp('/tmp/rd-python-');
  await chmod(base, 0o755);
  const found = await lookupUser('nobody');
  const python = (await findPythons()).find(({ path }) => path.startsWith('/usr/bin/'));
  if (!found || !python) throw new Error('Debian has a user nobody and a Python');
  nobody = found;
  system = python;
  hidden = join(base, 'private', 'python');
  const series = python.version.split('.').slice(0, 2).join('.');
  await mkdir(join(hidden, 'bin'), { recursive: true });
  await cp(`/usr/bin/python${series}`, join(hidden, 'bin', `python${series}`));
  await cp(`/usr/lib/python${series}`, join(hidden, 'lib', `python${series}`), { recursive: true });
  await mkdir(join(hidden, 'lib', `python${series}`, 'test'), { recursive: true });
  await writeFile(join(hidden, 'lib', `python${series}`, 'test', '__init__.py'), '');
  const described = (await readdir(join(hidden, 'lib', `python${series}`))).filter((name) =>
    /^_sysconfigdata_.*\.py$/.test(name),
  );
  for (const name of described)
    await appendFile(
      join(hidden, 'lib', `python${series}`, name),
      `\nbuild_time_vars["LIBDIR"] = "${join(hidden, 'lib')}"\nbuild_time_vars["OTHER"] = "${hidden}s/lib"\n`,
    );
  await chmod(join(base, 'private'), 0o700);
}, 120_000);

afterAll(() => rm(base, { recursive: true, force: true }));

describe('a Python that only its owner may run', () => {
  it('is copied to where everybody may: whole, without its tests, found as shared, and good for virtualenvs', async () => {
    const pythons = join(base, 'pythons');
    // What a job left that was killed: no process has that number.
    await mkdir(join(pythons, '.3.1.0-4194305'), { recursive: true });
    const to = join(pythons, system.version);
    const copy = { from: hidden, version: system.version, to, user: nobody };
    expect(await copyPython(copy)).toBeUndefined();
    expect(await copyPython(copy)).toBeUndefined();
    expect(await readdir(pythons)).toEqual([system.version]);

    const series = system.version.split('.').slice(0, 2).join('.');
    const path = join(to, 'bin', `python${series}`);
    expect(await findPythons(pythons)).toContainEqual({ path, version: system.version, shared: true, prefix: to });
    expect(await readdir(join(to, 'lib', `python${series}`))).not.toContain('test');
    const virtualenv = join(base, 'virtualenv');
    expect(await runCommand([path, '-m', 'venv', '--without-pip', virtualenv])).toMatchObject({ code: 0 });
    const told = await runCommand([join(virtualenv, 'bin/python'), '-c', 'import sys; print(sys.base_prefix)']);
    expect(told.stdout.trim()).toBe(to);
  });

  it('tells those who build against it where it lies, not where it was copied from', async () => {
    const to = join(base, 'described', system.version);
    expect(await copyPython({ from: hidden, version: system.version, to, user: nobody })).toBeUndefined();
    const path = join(to, 'bin', `python${system.version.split('.').slice(0, 2).join('.')}`);
    const asked = 'import sysconfig; print(*sysconfig.get_config_vars("LIBDIR", "OTHER"))';
    const told = await runCommand([path, '-I', '-c', asked]);
    expect(told.stdout.trim()).toBe(`${join(to, 'lib')} ${hidden}s/lib`);
  });

  it('is not copied where the copy does not run, and nothing of it is left', async () => {
    const broken = join(base, 'broken');
    await mkdir(join(broken, 'bin'), { recursive: true });
    await writeFile(join(broken, 'bin/python3.13'), '#!/bin/sh\necho it needs a library >&2\nexit 127\n', {
      mode: 0o755,
    });
    const to = join(base, 'attempts', '3.13.0');
    expect(await copyPython({ from: broken, version: '3.13.0', to, user: nobody })).toBe('it needs a library');
    expect(await readdir(join(base, 'attempts'))).toEqual([]);
  });

  it('is refused where it is another version than it was said to be', async () => {
    expect(await tryPython('/usr', system.version, { user: nobody })).toBeUndefined();
    expect(await tryPython('/usr', `${system.version}9`, { user: nobody })).toContain('it says that it is');
  });
});

describe('a Python that uv downloads', () => {
  /** A uv that makes an installation, or fails, as the real one does where its server cannot be reached. */
  async function fakeUv(name: string, script: string): Promise<string> {
    const path = join(base, name);
    await writeFile(path, `#!/bin/sh\n# uv ${uvVersion}\n${script}\n`, { mode: 0o755 });
    return path;
  }

  it('is the newest of its series in the folder', async () => {
    const folder = join(base, 'downloads');
    const uv = await fakeUv(
      'uv-works',
      'test "$*" = "python install --no-bin 3.13" && mkdir -p "$UV_PYTHON_INSTALL_DIR/cpython-3.13.9-linux-x86_64-gnu" "$UV_PYTHON_INSTALL_DIR/cpython-3.13.10-linux-x86_64-gnu" "$UV_PYTHON_INSTALL_DIR/cpython-3.13-linux-x86_64-gnu"',
    );
    expect(await downloadPython(uv, '3.13', folder, { network: {} })).toEqual({
      path: join(folder, 'cpython-3.13.10-linux-x86_64-gnu'),
    });
  });

  it("fails with uv's words", async () => {
    const uv = await fakeUv('uv-fails', 'echo "error: Failed to download cpython-3.13" >&2; exit 1');
    expect(await downloadPython(uv, '3.13', join(base, 'none'), { network: {} })).toEqual({
      words: 'error: Failed to download cpython-3.13',
    });
  });
});
