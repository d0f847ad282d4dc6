import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Box, must, type Ran, requireRoot } from '../rig/box.ts';
import { TinyProject } from '../rig/tiny-project.ts';

/** A build has come to where it asks Django. */
const asks = /"type":"step-started"[^\n]*"step":"settings"|"step":"settings"[^\n]*"type":"step-started"/g;

/** While a site builds for as long as a file is there. */
describe('beside an `up` that builds', { sequential: true }, () => {
  let box: Box;
  let slow: TinyProject;
  let quick: TinyProject;
  let site: string;
  let hold: string;
  let building: Promise<Ran>;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    site = box.name('slow');
    [slow, quick] = await Promise.all([TinyProject.make('first'), TinyProject.make('quick')]);
    must(await box.up(slow.folder, site, '--yes'));
    const data = join(box.folder, 'base/sites', site, 'data');
    hold = join(data, 'hold');
    await writeFile(hold, '');
    await slow.say('second');
    await slow.write({
      'tiny/settings.py': `${await slow.read('tiny/settings.py')}
import os, sys, time
while os.path.exists("${hold}"):
    print("held", file=sys.stderr, flush=True)
    time.sleep(0.1)
`,
    });
    building = box.up(slow.folder, site, '--yes');
    // Once for the first release, and once for this one: no command announces it.
    while ((must(await box.roadie(['events', '--lines', '500', '--json'])).match(asks)?.length ?? 0) < 2)
      await new Promise((resolve) => setTimeout(resolve, 200));
  });

  afterAll(async () => {
    await rm(hold, { force: true });
    await building;
    await box.close();
    for (const { folder } of [slow, quick]) await rm(folder, { recursive: true, force: true });
  });

  test('`plan`, `check` and `inspect` answer, and say what is going on', async () => {
    expect(must(await box.roadie(['plan', site]))).toContain(`'up' of the site ${site} has been running since`);
    expect(JSON.parse((await box.roadie(['check', site, '--json'])).stdout)).toMatchObject({ site });
    must(await box.roadie(['inspect', slow.folder]));
    expect(existsSync(hold)).toBe(true);
  });

  test('another site is brought up', async () => {
    const other = box.name('quick');
    must(await box.up(quick.folder, other, '--yes'));
    expect((await box.get(`${other}.localhost`, '/')).body).toBe('quick');
    expect((await box.get(`${site}.localhost`, '/')).body).toBe('first');
  });

  test('its own site is busy, and it comes to its end with the other one served', async () => {
    expect((await box.roadie(['env', 'set', site, 'A=1'])).all).toContain('has been running since');
    await rm(hold);
    must(await building);
    expect((await box.get(`${site}.localhost`, '/')).body).toBe('second');
    expect((await box.get(`${box.name('quick')}.localhost`, '/')).body).toBe('quick');
  });
});
