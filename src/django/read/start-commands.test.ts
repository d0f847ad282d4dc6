import { describe, expect, it } from 'vitest';

import { composePrograms } from './compose.ts';
import { fileInImage, findDockerfile } from './dockerfile.ts';
import { findReleaseCommands, releaseNotes } from './release-commands.ts';
import type { ProjectScan } from './scan.ts';
import { findStartCommands } from './start-commands.ts';

/** A project of files; only what the readers look at. */
function project(texts: Readonly<Record<string, string>>, more: readonly string[] = []): ProjectScan {
  return {
    folder: '/project',
    files: [...Object.keys(texts), ...more].toSorted(),
    truncated: false,
    texts,
    manage: [],
    applications: [],
    settings: [],
    celery: [],
    gunicorn: [],
    syntaxErrors: [],
    sqlite: [],
    leftMigrations: { documents: [], apps: [] },
    healthRoutes: [],
  };
}

const started = (scan: ProjectScan): readonly string[] =>
  findStartCommands(scan).map(
    ({ text, because, conditional, background }) =>
      `${because.says}${conditional ? '?' : ''}${background ? '&' : ''} ${text}`,
  );

const own = 'shop/management/commands/seed.py';

describe('what a project runs before its server', () => {
  it('is in the scripts that its image starts, up to the server', () => {
    const texts = {
      'compose/production/django/Dockerfile':
        'FROM python:3.12\nCOPY --chown=django ./compose/production/django/entrypoint /entrypoint\nCOPY compose/production/django/start /start\nENTRYPOINT ["/entrypoint"]\nCMD ["/start"]\n',
      'compose/local/django/Dockerfile': 'FROM python:3.12\nCMD python manage.py seed\n',
      'compose/production/django/entrypoint': '#!/bin/bash\nset -o errexit\npython manage.py check\nexec "$@"\n',
      'compose/production/django/start':
        '#!/bin/bash\npython /app/manage.py collectstatic --noinput\nexec gunicorn config.wsgi\npython manage.py never\n',
      'compose/local/django/start': '#!/bin/bash\npython manage.py runserver\n',
    };
    expect(started(project(texts))).toEqual([
      'compose/production/django/entrypoint:3 python manage.py check',
      'compose/production/django/start:2 python /app/manage.py collectstatic --noinput',
    ]);
  });

  it('is in the branch of an entry point that the image takes', () => {
    const texts = {
      Dockerfile:
        'FROM python:3.12\nCOPY entry.sh /entry.sh\nENTRYPOINT ["/entry.sh"]\nCMD ["gunicorn", "shop.wsgi"]\n',
      'entry.sh':
        '#!/bin/bash\nif [ "$1" = "gunicorn" ]; then\n  python manage.py migrate || die "no"\n  python manage.py seed || die "no"\nfi\nexec "$@"\n',
    };
    expect(started(project(texts))).toEqual([
      'entry.sh:3 python manage.py migrate',
      'entry.sh:4 python manage.py seed',
    ]);
  });

  it('is what Compose says in the place of the image', () => {
    const texts = {
      Dockerfile: 'FROM python:3.12\nENTRYPOINT ["./wait.sh"]\nCMD python manage.py seed\n',
      'wait.sh': '#!/bin/sh\npython manage.py ready\nexec "$@"\n',
      'docker-compose.yml': [
        'services:',
        '  db:',
        '    image: postgres',
        '  worker:',
        '    command: celery -A shop worker',
        '  web:',
        '    command: >',
        '      sh -c "python manage.py migrate &&',
        '             python manage.py seed --force &&',
        '             gunicorn shop.wsgi"',
        '    ports: []',
      ].join('\n'),
    };
    expect(started(project(texts))).toEqual([
      'wait.sh:2 python manage.py ready',
      'docker-compose.yml:8 python manage.py migrate',
      'docker-compose.yml:9 python manage.py seed --force',
    ]);
  });

  it('is in a Procfile, also in the script that it names and before the server', () => {
    const texts = {
      Procfile: 'web: python manage.py seed && gunicorn shop.wsgi\nrelease: bash bin/release.sh\n',
      'bin/release.sh': 'python manage.py migrate\nif true; then python manage.py flush --noinput; fi\n',
    };
    expect(started(project(texts))).toEqual([
      'bin/release.sh:1 python manage.py migrate',
      'bin/release.sh:2? python manage.py flush --noinput',
      'web in Procfile:1 python manage.py seed',
    ]);
  });

  it('is in the files of platforms, with the scripts that they name', () => {
    const texts = {
      'render.yaml': 'services:\n  - type: web\n    buildCommand: "./build.sh"\n    startCommand: gunicorn shop.wsgi\n',
      'build.sh': '#!/usr/bin/env bash\npip install -r requirements.txt\npython manage.py seed\n',
      'fly.toml': '[deploy]\n  release_command = "python manage.py migrate --noinput"\n',
    };
    expect(started(project(texts))).toEqual([
      'fly.toml:2 python manage.py migrate --noinput',
      'build.sh:3 python manage.py seed',
    ]);
  });

  it('is what a block of render.yaml says, for what serves alone', () => {
    const text = [
      'services:',
      '  - type: web',
      '    startCommand: gunicorn shop.wsgi',
      '    buildCommand: |',
      '      pip install -r requirements.txt',
      '      python manage.py seed',
      '  - type: worker',
      '    startCommand: python manage.py drain',
    ].join('\n');
    expect(started(project({ 'render.yaml': text }))).toEqual(['render.yaml:6 python manage.py seed']);
  });

  it('is not what a container lives on', () => {
    expect(started(project({ Dockerfile: 'FROM python:3.12\nCMD ["python", "manage.py", "bot"]\n' }))).toEqual([
      'Dockerfile:2& python manage.py bot',
    ]);
  });
});

describe('what a release runs of it', () => {
  const script = (line: string, more: readonly string[] = []) =>
    findReleaseCommands(
      project(
        {
          Dockerfile: 'FROM python:3.12\nENTRYPOINT ["/start.sh"]\n',
          'start.sh': `#!/bin/sh\n${line}\nexec gunicorn x\n`,
        },
        more,
      ),
    );

  it('is the project’s own commands and its fixtures; what each release does is done', () => {
    expect(script('./manage.py seed', [own]).run.map(({ value }) => value.words)).toEqual([
      ['python', 'manage.py', 'seed'],
    ]);
    expect(script('python manage.py loaddata shop/fixtures/a.json', ['shop/fixtures/a.json']).run).toHaveLength(1);
    expect(script('python manage.py loaddata a', ['shop/fixtures/a.yaml.gz']).run).toHaveLength(1);
    for (const line of ['migrate', 'collectstatic --noinput', 'createcachetable', 'compress --force', 'makemigrations'])
      expect(script(`python manage.py ${line}`)).toEqual({ run: [], leftOut: [] });
  });

  it.each([
    ['python manage.py createsuperuser --noinput', 'it makes an account'],
    ['python manage.py flush --noinput', 'it empties the database'],
    ['python manage.py loaddata gone.json', 'gone.json is not among the project’s fixtures'.replace('’', "'")],
    ['python manage.py rebuild_index', "it is not one of the project's own commands"],
    ['[ "$X" ] && python manage.py seed', 'the project runs it under a condition'],
    ['python manage.py seed &', 'it runs beside the server, as a worker does'],
    ['python manage.py seed "$NAME"', 'only a shell can tell what it is given'],
  ])('is never `%s`', (line, why) => {
    const found = script(line, [own]);
    expect(found.run).toEqual([]);
    expect(found.leftOut.map(({ value }) => value.why)).toEqual([why]);
  });

  it('is said with the line of config that declines it, or has it run', () => {
    const notes = releaseNotes(script('python manage.py seed\npython manage.py shell -c "print(1)"', [own])).map(
      ({ says }) => says,
    );
    expect(notes).toEqual([
      'start.sh:2 runs `seed`: so does each release, after its migrations',
      "start.sh:3 runs `shell -c 'print(1)'`: no release does, since it runs whatever it is given",
      'what each release runs of that is yours to say, at the top of roadie.toml: `release.commands = ["python manage.py seed"]`, with what is to be added (`[]`: nothing)',
    ]);
  });

  it('keeps other programs of a Procfile’s release line', () => {
    const { run } = findReleaseCommands(
      project({ Procfile: 'release: python scripts/seed.py && python manage.py migrate\n' }),
    );
    expect(run.map(({ value }) => value.words)).toEqual([['python', 'scripts/seed.py']]);
  });
});

describe('files that start containers', () => {
  it('put arguments of a Dockerfile in, and find files by COPY, by the end of a path, and by a name', () => {
    const found = findDockerfile({
      texts: {
        Dockerfile:
          'FROM python:3.12 AS base\nARG KIND=production\nCOPY req/$KIND.txt /tmp/all.txt\nCOPY bin/ /opt/bin/\n',
      },
    });
    const names = ['req/production.txt', 'bin/start.sh', 'docker/run'];
    expect(fileInImage('/tmp/all.txt', found, names)).toBe('req/production.txt');
    expect(fileInImage('/code/bin/start.sh', found, names)).toBe('bin/start.sh');
    expect(fileInImage('/run', found, names)).toBe('docker/run');
    expect(fileInImage('/other', found, names)).toBeUndefined();
  });

  it('read lists, blocks and quotes of Compose', () => {
    const text =
      'services:\n  a:\n    command: ["x", "y z"]\n  b:\n    entrypoint:\n    - sh\n    - -c\n    - "q $$HOME"\n  c:\n    command: |\n      one\n      two\n    image: d\n';
    expect(
      composePrograms({ texts: { 'compose.yaml': text } }).map(({ service, key, words, text: told }) => [
        service,
        key,
        words ?? told,
      ]),
    ).toEqual([
      ['a', 'command', ['x', 'y z']],
      ['b', 'entrypoint', ['sh', '-c', 'q $HOME']],
      ['c', 'command', 'one\ntwo'],
    ]);
  });
});
