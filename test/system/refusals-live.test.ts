import { spawn } from 'node:child_process';
import { appendFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { catalogue } from '../../src/problems/catalogue.ts';
import type { Problem } from '../../src/problems/problem.ts';
import { Box, launcher, requireRoot, runCommand } from '../rig/box.ts';
import { environmentOf, expectReadable, jobOf, killAt, problemsOf, statusOf } from '../rig/refused.ts';
import { TinyProject } from '../rig/tiny-project.ts';

describe('what is refused while a site lives', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;
  let domain: string;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    site = box.name('tiny');
    domain = `${site}.localhost`;
    project = await TinyProject.make('first');
    await project.write({ 'roadie.toml': 'database = "postgresql"\n' });
  });

  afterAll(async () => {
    await rm(project.folder, { recursive: true, force: true });
    await box.close();
  });

  test('missing variables are all named at once with the line to type, and nothing is made yet', async () => {
    await project.write({
      'tiny/extra.py': 'import os\n\nPAYMENT_KEY = os.environ["PAYMENT_KEY"]\nMAP_TOKEN = os.environ["MAP_TOKEN"]\n',
    });
    await appendFile(join(project.folder, 'tiny/settings.py'), 'from tiny.extra import *\n');
    const ran = await box.up(project.folder, site, '--yes');
    expectReadable(ran, 'missing-variables');
    expect(ran.all).toContain(`$ roadie env set ${site} PAYMENT_KEY=… MAP_TOKEN=…`);
    expect(ran.all).toContain(join(project.folder, 'tiny/extra.py:3'));
    expect(await readdir(join(box.folder, 'base'))).not.toContain('sites');
    expect((await statusOf(box)).sites).toMatchObject([{ name: site, state: 'incomplete', services: [] }]);
  });

  test('a site that never came up can be taken away', async () => {
    expect((await box.roadie(['down', site, '--confirm', site])).code).toBe(0);
    expect((await statusOf(box)).sites).toEqual([]);
  });

  test('what only asking Django tells is named at once as well', async () => {
    await project.write({
      'tiny/extra.py':
        'import os\n\nfor name in ("PAYMENT_KEY", "MAP_TOKEN"):\n    globals()[name] = os.environ[name]\n',
    });
    const ran = await box.up(project.folder, site, '--yes');
    expectReadable(ran, 'missing-variables');
    expect(ran.all).toContain(`$ roadie env set ${site} PAYMENT_KEY=… MAP_TOKEN=…`);
    expect((await statusOf(box)).sites).toMatchObject([{ name: site, state: 'incomplete', release: null }]);
  });

  test('with the line that was shown it comes up, and no value is seen anywhere', async () => {
    expect((await box.roadie(['env', 'set', site, 'PAYMENT_KEY=canary-5e0d', 'MAP_TOKEN=canary-9a1c'])).code).toBe(0);
    const ran = await box.up(project.folder, site, '--yes');
    expect(ran.all).toContain(`${site} is live`);
    expect((await box.get(domain, '/')).body).toBe('first');
    expect(ran.all).not.toMatch(/canary-/);
    expect(
      (
        await runCommand([
          'grep',
          '-rl',
          'canary-5e0d',
          join(box.folder, 'base/state/jobs'),
          join(box.folder, 'base/state/events.jsonl'),
        ])
      ).stdout,
    ).toBe('');
  });

  test.each<readonly [string, Problem['code'], readonly string[], RegExp]>([
    ['the nearest site', 'unknown-site', ['stop', 'SITEE'], /Did you mean SITE\?/],
    ['the nearest service', 'unknown-service', ['restart', 'SITE', 'wbe'], /Did you mean web\?/],
    ['the sites there are', 'unknown-site', ['logs', 'nothing-like-it'], /The sites here are SITE/],
    [
      'the site of a domain',
      'domain-taken',
      ['up', 'PROJECT', '--name', 'x', '--domain', 'DOMAIN', '--yes'],
      /SITE answers to DOMAIN/,
    ],
  ])('an unknown name is answered with %s', async (_title, code, words, said) => {
    const fill = (text: string): string =>
      text.replace('SITE', site).replace('PROJECT', project.folder).replace('DOMAIN', domain);
    const ran = await box.roadie(words.map(fill));
    expectReadable(ran, code);
    expect(ran.all).toMatch(new RegExp(fill(said.source)));
  });

  test('a .env file is taken literally, or refused with its lines and without their values', async () => {
    const good = join(box.folder, 'good.env');
    await writeFile(good, `\uFEFFONE=1\r\nTWO=$(touch ${box.folder}/canary)\r\nexport THREE="\${HOME}"\r\n`);
    expect((await box.roadie(['env', 'set', site, '--file', good])).code).toBe(0);
    const told = await box.roadie([
      'run',
      site,
      '--',
      'shell',
      '-c',
      'import os; print([os.environ[n] for n in ("ONE", "TWO", "THREE")])',
    ]);
    expect(told.stdout).toContain(`['1', '$(touch ${box.folder}/canary)', '\${HOME}']`);
    expect(await readdir(box.folder)).not.toContain('canary');
    const bad = join(box.folder, 'bad.env');
    await writeFile(bad, 'FINE=canary-1b\nNUL=canary\0-1b\nno canary-1b\n2BAD=canary-1b\nOPEN="canary-1b\n');
    const ran = await box.roadie(['env', 'set', site, '--file', bad]);
    expectReadable(ran, 'bad-arguments');
    expect(ran.all).not.toContain('canary');
    expect(
      problemsOf(await box.roadie(['env', 'set', site, '--file', bad, '--json'])).map(({ where }) => where?.line),
    ).toEqual([2, 3, 4, 5]);
    const nul = await box.roadie(['env', 'set', site, 'NUL=-'], { input: 'canary\0' });
    expectReadable(nul, 'bad-arguments');
  });

  test('a failing migration keeps the old release and the database as they were', async () => {
    await project.say('second');
    await project.write({
      'notes/migrations/0002_bad.py': [
        'from django.db import migrations, models',
        'def fail(apps, schema_editor):',
        '    raise ValueError("cannot convert row 17")',
        'class Migration(migrations.Migration):',
        '    dependencies = [("notes", "0001_initial")]',
        '    operations = [migrations.AddField("Note", "extra", models.IntegerField(null=True)), migrations.RunPython(fail)]',
        '',
      ].join('\n'),
    });
    const ran = await box.up(project.folder, site, '--yes');
    expectReadable(ran, 'migration-failed');
    expect(ran.all).toContain('notes.0002_bad');
    expect(ran.all).toContain('cannot convert row 17');
    expect((await box.get(domain, '/')).body).toBe('first');
    const columns = await box.roadie([
      'run',
      site,
      '--',
      'shell',
      '-c',
      'from django.db import connection as c; print([d.name for d in c.introspection.get_table_description(c.cursor(), "notes_note")])',
    ]);
    expect(columns.stdout).toContain("['id', 'text', 'mood']");
    await rm(join(project.folder, 'notes/migrations/0002_bad.py'));
  });

  test('a failing collectstatic names the file that is not there', async () => {
    await project.write({ 'notes/static/notes/broken.css': 'a { background: url("gone.png") }\n' });
    const ran = await box.up(project.folder, site, '--yes');
    expectReadable(ran, 'static-failed');
    expect(ran.all).toContain('notes/gone.png');
    expect((await box.get(domain, '/')).body).toBe('first');
    await rm(join(project.folder, 'notes/static/notes/broken.css'));
  });

  test("requirements that cannot be met are told in the resolver's own words", async () => {
    await project.write({ 'requirements.txt': 'Django>=5.2,<5.3\ndjango<5\n' });
    const ran = await box.up(project.folder, site, '--yes');
    expectReadable(ran, 'dependencies-unresolvable');
    expect(ran.all).toMatch(/unsatisfiable|conflict/);
    await project.write({ 'requirements.txt': 'Django>=5.2,<5.3\n' });
  });

  test('a release that does not boot says why and never serves; fixed, it goes live', async () => {
    const module = 'from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n';
    await project.write({ 'tiny/wsgi.py': `${module}raise RuntimeError("the plug is out")\n` });
    const ran = await box.up(project.folder, site, '--yes');
    expect(ran.all).toContain('RuntimeError: the plug is out');
    expectReadable(ran, 'service-failed');
    expect((await box.get(domain, '/')).body).toBe('first');
    expect((await statusOf(box)).sites).toMatchObject([{ name: site, state: 'live' }]);
    await project.write({ 'tiny/wsgi.py': module });
    expect((await box.up(project.folder, site, '--yes')).code).toBe(0);
    expect((await box.get(domain, '/')).body).toBe('second');
  });

  test('a second operation hears who is at it and since when, or waits', async () => {
    await project.say('third');
    // It is at work until it may go on, however long the other commands take. The site sees its own folders only.
    const go = join(box.folder, 'base/sites', site, 'data/go');
    await project.write({
      'tiny/wsgi.py': `import os, time\nfrom django.core.wsgi import get_wsgi_application\nwhile not os.path.exists("${go}"):\n    time.sleep(0.05)\napplication = get_wsgi_application()\n`,
    });
    const first = box.up(project.folder, site, '--yes');
    await jobOf(box);
    const ran = await box.up(project.folder, site, '--yes');
    expectReadable(ran, 'busy');
    expect(ran.all).toMatch(new RegExp(`'up' of the site ${site} has been running since \\d{4}-\\d\\d-\\d\\dT`));
    expect(problemsOf(await box.roadie(['env', 'set', site, 'A=1', '--json']))[0]?.code).toBe('busy');
    const waits = box.up(project.folder, site, '--yes', '--wait');
    await writeFile(go, '');
    expect((await waits).all).toContain('Nothing to change');
    expect((await first).code).toBe(0);
  });

  test('Ctrl-C ends the watching alone: what was begun goes on to its end', async () => {
    await project.say('fourth');
    const child = spawn(launcher, ['up', project.folder, '--name', site, '--yes'], {
      env: environmentOf(box),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
    await jobOf(box);
    child.kill('SIGINT');
    expect(await ended).toBe(catalogue.interrupted.exit);
    expect(said).toContain('roadie events -f');
    expect((await box.up(project.folder, site, '--yes', '--wait')).all).toContain('Nothing to change');
    expect((await box.get(domain, '/')).body).toBe('fourth');
  });

  test('an operation that is killed at any moment is gone on with by the next', async () => {
    const other = box.name('killed');
    // What the test before it waits for is another site's, which this one does not see.
    await project.write({
      'tiny/extra.py': '',
      'tiny/wsgi.py': `from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n`,
    });
    const reached: string[] = [];
    for (const step of [
      'system user',
      'PostgreSQL cluster',
      'Export the code',
      'Make the virtualenv',
      'Collect static files',
      'Migrate the database',
      'service web',
    ]) {
      const killed = await killAt(box, other, project.folder, step);
      if (killed === undefined) continue;
      reached.push(step);
      expect(problemsOf(killed)[0]?.code).toBe('job-killed');
      expect(killed.code).toBe(catalogue['job-killed'].exit);
      expect((await box.get(domain, '/')).body).toBe('fourth');
      expect((await statusOf(box)).sites.find(({ name }) => name === other)?.state ?? 'incomplete').toBe('incomplete');
    }
    expect(reached.length).toBeGreaterThan(4);
    const ran = await box.up(project.folder, other, '--yes');
    expect(ran.all).toContain(`${other} is live`);
    expect((await box.get(`${other}.localhost`, '/')).body).toBe('fourth');
    expect((await readdir(join(box.folder, 'base/sites', other, 'releases'))).length).toBe(1);
  });
});
