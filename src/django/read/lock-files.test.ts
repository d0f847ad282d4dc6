import { describe, expect, it } from 'vitest';

import { fromPipfileLock, fromPyproject, pepSpecifier } from './lock-files.ts';

describe('a Pipfile.lock', () => {
  it('becomes requirements with extras, markers and hashes, without the tools of developers', () => {
    const lock = {
      default: {
        django: {
          hashes: ['sha256:aa', 'sha256:bb'],
          version: '==5.2.1',
          markers: "python_version >= '3.10'",
          extras: ['argon2'],
        },
        pytz: { hashes: ['sha256:cc'], version: '==2024.1' },
      },
      develop: { pytest: { hashes: ['sha256:dd'], version: '==8.0' } },
    };
    expect(fromPipfileLock(JSON.stringify(lock), 'Pipfile.lock')).toEqual({
      ok: true,
      value: {
        lines: [
          "django[argon2]==5.2.1 ; python_version >= '3.10' --hash=sha256:aa --hash=sha256:bb",
          'pytz==2024.1 --hash=sha256:cc',
        ],
        constraints: [],
      },
    });
  });

  it('drops all hashes where one package has none, since pip wants all or none', () => {
    const lock = {
      default: { a: { version: '==1', hashes: ['sha256:aa'] }, b: { git: 'https://example.org/b.git', ref: 'abc' } },
    };
    expect(fromPipfileLock(JSON.stringify(lock), 'Pipfile.lock')).toMatchObject({
      value: { lines: ['a==1', 'b @ git+https://example.org/b.git@abc'] },
    });
  });

  it('that is no JSON is a problem with its place', () => {
    expect(fromPipfileLock('{', 'Pipfile.lock')).toMatchObject({
      ok: false,
      problems: [{ code: 'dependencies-unresolvable', where: { file: 'Pipfile.lock' } }],
    });
  });
});

describe('a pyproject.toml', () => {
  it('gives the dependencies of its [project] table and the groups that are asked for', () => {
    const text =
      '[project]\ndependencies = ["Django>=5"]\n[project.optional-dependencies]\nprod = ["gunicorn"]\n[dependency-groups]\nweb = ["redis", {include-group = "base"}]\nbase = ["rq"]\ndev = ["pytest"]\n';
    expect(fromPyproject(text, 'pyproject.toml', { groups: ['prod', 'web'] })).toMatchObject({
      value: { lines: ['Django>=5', 'gunicorn', 'redis', 'rq'] },
    });
  });

  const poetry = `[tool.poetry.dependencies]
python = "^3.10"
Django = "^5.1"
psycopg = {version = "~3.2", extras = ["binary"]}
optional = {version = "1", optional = true}
tool = {git = "https://example.org/tool.git", tag = "v1"}
old = {version = "*", python = "<3.11"}
[tool.poetry.group.prod.dependencies]
gunicorn = "23.0"
[tool.poetry.group.dev.dependencies]
pytest = "*"
`;

  it("translates Poetry's words where there is no lock", () => {
    expect(fromPyproject(poetry, 'pyproject.toml', { groups: ['prod'] })).toMatchObject({
      value: {
        lines: [
          'Django>=5.1,<6',
          'psycopg[binary]>=3.2,<3.3',
          'tool @ git+https://example.org/tool.git@v1',
          'old ; python_version < "3.11"',
          'gunicorn==23.0',
        ],
        constraints: [],
      },
    });
  });

  it("holds Poetry's names to the versions of the lock", () => {
    const lock = `[[package]]
name = "django"
version = "5.1.3"
[[package]]
name = "numpy"
version = "1.0"
[[package]]
name = "numpy"
version = "2.0"
[[package]]
name = "tool"
version = "1.0"
[package.source]
type = "git"
url = "https://example.org/tool.git"
`;
    const result = fromPyproject(poetry, 'pyproject.toml', { lock });
    expect(result).toMatchObject({ value: { constraints: ['django==5.1.3'] } });
    expect(result).toMatchObject({ value: { lines: expect.arrayContaining(['Django', 'psycopg[binary]']) } });
  });

  it('that is no TOML is a problem', () => {
    expect(fromPyproject('[project', 'pyproject.toml')).toMatchObject({
      ok: false,
      problems: [{ code: 'dependencies-unresolvable' }],
    });
  });
});

describe("Poetry's version words", () => {
  it.each([
    ['^1.2.3', '>=1.2.3,<2'],
    ['^0.2.3', '>=0.2.3,<0.3'],
    ['^0.0.3', '>=0.0.3,<0.0.4'],
    ['^1', '>=1,<2'],
    ['~1.2.3', '>=1.2.3,<1.3'],
    ['~1.2', '>=1.2,<1.3'],
    ['~1', '>=1,<2'],
    ['*', ''],
    ['1.2', '==1.2'],
    ['>=1.2, <3', '>=1.2,<3'],
    ['~=1.2', '~=1.2'],
    ['^1.2 || ^2.0', '>=1.2,<2'],
  ])('%s is %j', (words, specifier) => {
    expect(pepSpecifier(words)).toBe(specifier);
  });
});
