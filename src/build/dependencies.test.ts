import { describe, expect, it } from 'vitest';

import type { DependencySource } from '../django/facts.ts';
import { planInstall } from './dependencies.ts';

const plan = (source: DependencySource, files: Readonly<Record<string, string>>, installer: 'uv' | 'pip' = 'uv') =>
  planInstall(source, async (path) => files[path], installer);

describe('what the installer is told', () => {
  it('names requirements files and reads those that they include, for the fingerprint', async () => {
    const files = {
      'requirements/prod.txt': '-r base.txt\n-c ../constraints.txt\ngunicorn\n',
      'requirements/base.txt': 'Django\n',
      'constraints.txt': 'Django<6\n',
    };
    expect(await plan({ kind: 'requirements', files: ['requirements/prod.txt'] }, files)).toMatchObject({
      value: { arguments: ['--requirements', 'requirements/prod.txt'], inputs: files, local: false },
    });
  });

  it.each([
    '-e .',
    '-e git+https://x/y.git\n./vendor/lib',
    '--editable ./lib',
    '.',
    '/opt/wheels/x.whl',
    'x @ file:///opt/x',
    '.[prod]',
  ])('knows that %j ties the virtualenv to the code', async (line) => {
    expect(
      await plan({ kind: 'requirements', files: ['requirements.txt'] }, { 'requirements.txt': `Django\n${line}\n` }),
    ).toMatchObject({ value: { local: true } });
  });

  it('asks PyPI under its own name where a file has the one of old', async () => {
    const old = { 'requirements.txt': '-i https://pypi.python.org/simple\nDjango\n' };
    expect(await plan({ kind: 'requirements', files: ['requirements.txt'] }, old)).toMatchObject({
      value: { arguments: ['--default-index', 'https://pypi.org/simple', '--requirements', 'requirements.txt'] },
    });
    const other = { 'requirements.txt': '-i https://example.org/simple\nDjango\n' };
    expect(await plan({ kind: 'requirements', files: ['requirements.txt'] }, other)).toMatchObject({
      value: { arguments: ['--requirements', 'requirements.txt'] },
    });
  });

  it('says what a file says beside single requirements as every installer takes it', async () => {
    const files = {
      'requirements.txt':
        'Django==5.2 --hash=sha256:aa\npsycopg2==2.9 --no-binary psycopg2  # from source\nPillow --config-settings="jpeg=disable" --global-option build_ext\nlxml --only-binary=:all:\n--process-dependency-links\n--no-binary uwsgi\n',
    };
    const generated = {
      'requirements.txt':
        '--no-binary psycopg2\n--only-binary lxml\nDjango==5.2 --hash=sha256:aa\npsycopg2==2.9\nPillow\nlxml\n\n--no-binary uwsgi\n',
    };
    const source = { kind: 'requirements', files: ['requirements.txt'] } as const;
    const first = ['--requirements', '@requirements.txt'];
    expect(await plan(source, files)).toMatchObject({
      value: { generated, arguments: [...first, '--config-settings-package', 'pillow:jpeg=disable'] },
    });
    expect(await plan(source, files, 'pip')).toMatchObject({
      value: { generated, arguments: [...first, '--config-settings', 'jpeg=disable'] },
    });
  });

  it('leaves out what cannot be installed on any server, and nothing else', async () => {
    const files = {
      'requirements/prod.txt': '-r base.txt\n-c ../constraints.txt\ngunicorn\npywin32==306\n',
      'requirements/base.txt': 'Django==5.2 \\\n    --hash=sha256:aa\npkg-resources==0.0.0\n',
      'constraints.txt': 'sqlparse<1\n',
    };
    expect(await plan({ kind: 'requirements', files: ['requirements/prod.txt'] }, files)).toMatchObject({
      value: {
        generated: { 'requirements.txt': 'Django==5.2 \\\n    --hash=sha256:aa\n\ngunicorn\n' },
        arguments: ['--requirements', '@requirements.txt', '--constraint', 'constraints.txt'],
        inputs: files,
      },
    });
  });

  it('names a requirements file that is not there', async () => {
    expect(await plan({ kind: 'requirements', files: ['requirements.txt'] }, {})).toMatchObject({
      ok: false,
      problems: [{ code: 'dependencies-unresolvable', where: { file: 'requirements.txt' } }],
    });
  });

  it('has uv export its own lock without the project and its developers', async () => {
    const result = await plan(
      { kind: 'uv-lock', file: 'uv.lock', groups: ['prod'] },
      { 'uv.lock': 'version = 1', 'pyproject.toml': '[project]' },
    );
    expect(result).toMatchObject({
      value: {
        arguments: ['--requirements', '@exported'],
        exportArguments: expect.arrayContaining([
          '--frozen',
          '--no-default-groups',
          '--no-emit-project',
          '--group',
          'prod',
        ]),
      },
    });
  });

  it('falls back to the names in pyproject.toml where there is no uv', async () => {
    const result = await plan(
      { kind: 'uv-lock', file: 'uv.lock', groups: [] },
      { 'uv.lock': 'version = 1', 'pyproject.toml': '[project]\ndependencies = ["Django"]' },
      'pip',
    );
    expect(result).toMatchObject({ value: { generated: { 'requirements.txt': 'Django\n' } } });
  });

  it('gives a poetry.lock as constraints', async () => {
    const result = await plan(
      { kind: 'poetry-lock', file: 'poetry.lock', groups: [] },
      {
        'poetry.lock': '[[package]]\nname = "django"\nversion = "5.2"\n',
        'pyproject.toml': '[tool.poetry.dependencies]\ndjango = "^5"\n',
      },
    );
    expect(result).toMatchObject({
      value: {
        generated: { 'requirements.txt': 'django\n', 'constraints.txt': 'django==5.2\n' },
        arguments: ['--requirements', '@requirements.txt', '--constraint', '@constraints.txt'],
      },
    });
  });

  it('does nothing where nothing is declared', async () => {
    expect(await plan({ kind: 'none' }, {})).toMatchObject({ value: { arguments: [] } });
  });
});
