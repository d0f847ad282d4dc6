import { describe, expect, it } from 'vitest';

import { findInstallWords } from './install-words.ts';

const said = (run: string, more: Readonly<Record<string, string>> = {}) => {
  const found = findInstallWords({ texts: { Dockerfile: `FROM python:3.12\nWORKDIR /app\n${run}\n`, ...more } });
  return found && { files: found.files, extras: found.extras, groups: found.groups, line: found.because.where?.line };
};

describe('what an image installs of the project', () => {
  it.each([
    ['RUN pip install .[docker,s3]', ['docker', 's3'], []],
    ['RUN --mount=type=cache,target=/x pip3 install --no-cache-dir "/app[docker]"', ['docker'], []],
    ['RUN python -m pip install -e ".[a]" && echo ok', ['a'], []],
    ['RUN uv sync --frozen --extra x --extra=y --group web --no-dev', ['x', 'y'], ['web']],
    ['RUN uv pip install -r pyproject.toml --extra s3', ['s3'], []],
    ['RUN poetry install --with prod,dev -E s3 --extras "a b" --only main', ['s3', 'a', 'b'], ['prod']],
    ['RUN pdm sync -G server', [], ['server']],
  ])('%s', (run, extras, groups) => {
    expect(said(run)).toMatchObject({ extras, groups, line: 3 });
  });

  it('is in requirements files, wherever COPY has put them', () => {
    const files = { 'requirements/live.txt': 'Django\n', 'requirements/dev.txt': 'x\n' };
    expect(said('COPY requirements/live.txt /tmp/r.txt\nRUN pip install -r /tmp/r.txt', files)).toMatchObject({
      files: ['requirements/live.txt'],
      line: 4,
    });
    expect(said('RUN pip install -rrequirements/live.txt -r requirements/dev.txt', files)?.files).toEqual([
      'requirements/live.txt',
    ]);
  });

  it('is nothing where it is said under a condition, or of something else', () => {
    expect(said('RUN if [ "$DEV" ]; then pip install .[x]; fi')).toBeUndefined();
    expect(said('RUN pip install gunicorn[gevent] psycopg[binary]')).toBeUndefined();
    expect(said('RUN apt-get install -y pip')).toBeUndefined();
  });
});
