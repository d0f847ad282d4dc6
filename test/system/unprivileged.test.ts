import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { statusSchema } from '../../src/contract/status.ts';
import { Box, type Ran, requireRoot, runCommand } from '../rig/box.ts';
import { expectReadable, ports } from '../rig/refused.ts';
import { TinyProject } from '../rig/tiny-project.ts';
import { Unprivileged } from '../rig/unprivileged.ts';

describe('without root', { sequential: true }, () => {
  let box: Box;
  let user: Unprivileged;
  let project: TinyProject;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    user = await Unprivileged.open(box.folder);
    project = await TinyProject.make('by nobody');
    await chmod(project.folder, 0o755);
  });

  afterAll(async () => {
    await user.close();
    await rm(project.folder, { recursive: true, force: true });
    await box.close();
  });

  const up = (...more: readonly string[]): Promise<Ran> =>
    user.roadie(['up', project.folder, '--name', 'tiny', '--yes', ...ports(box), ...more]);

  test('missing packages are told with the line that installs them', async () => {
    // Names that no machine has: they are asked for, never installed.
    await project.write({ Aptfile: 'roadie-test-one\nroadie-test-two\n' });
    const ran = await up();
    expectReadable(ran, 'packages-missing');
    expect(ran.all).toContain('$ sudo apt-get install --no-install-recommends roadie-test-one roadie-test-two');
    await rm(join(project.folder, 'Aptfile'));
  });

  test('a port that only root may have is refused before anything is made', async () => {
    const ran = await up('--http-port', '81');
    expectReadable(ran, 'root-needed');
    expect(ran.all).toContain('port 81');
    expect(statusSchema.parse(JSON.parse((await user.roadie(['status', '--json'])).stdout)).sites).toEqual([]);
  });

  test('with the packages there a site goes live as the current user', async () => {
    const ran = await up();
    expect(ran.all).toContain('tiny is live');
    expect((await box.get('tiny.localhost', '/')).body).toBe('by nobody');
    const owners = await runCommand(['find', join(box.folder, 'home'), '!', '-uid', '65534']);
    expect(owners.stdout).toBe('');
  });

  test("what belongs to another user's Roadie is told as such", async () => {
    const ran = await user.roadie(['status'], 65_533);
    expect(ran.all).toContain('belongs to another user');
    expectReadable(ran, 'root-needed');
  });
});
