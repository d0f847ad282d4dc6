import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { JobResults } from '../contract/results.ts';
import { ProblemError } from '../problems/problem.ts';
import { writeExport } from './export-folder.ts';

let base: string;
let folder: string;

beforeEach(async () => {
  base = await mkdtemp('/tmp/rd-');
  folder = join(base, 'out');
  await mkdir(join(base, 'project/app'), { recursive: true });
  await writeFile(join(base, 'project/manage.py'), 'one\n');
  await writeFile(join(base, 'project/app/models.py'), 'two\n');
});

afterEach(() => rm(base, { recursive: true, force: true }));

function exported(
  files: Readonly<Record<string, string>> = { 'compose.yaml': 'a\n', 'edge/nginx.conf': 'b\n' },
): Pick<JobResults['export'], 'site' | 'files' | 'secrets' | 'code'> {
  return {
    site: 'boards',
    files: Object.entries(files).map(([path, content]) => ({ path, content })),
    secrets: { 'secret-key': 'first' },
    code: { folder: join(base, 'project'), links: [], shipped: join(base, 'shipped'), own: [] },
  };
}

const write = (given = exported(), force = false) => writeExport(folder, given, { force });
const read = (path: string) => readFile(join(folder, path), 'utf8');
const refusal = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'it was written',
    (error: unknown) => (error instanceof ProblemError ? error.problems[0].summary : String(error)),
  );

describe('writing an export', () => {
  it('writes files, code and secrets, the secrets in a folder that is its owner’s alone', async () => {
    await write();
    expect(await read('compose.yaml')).toBe('a\n');
    expect(await read('edge/nginx.conf')).toBe('b\n');
    expect(await read('code/app/models.py')).toBe('two\n');
    expect(await read('secrets/secret-key')).toBe('first');
    expect((await stat(join(folder, 'secrets'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'secrets/secret-key'))).mode & 0o777).toBe(0o444);
  });

  it('brings an earlier export up to date: what is gone goes, secrets and files of one’s own stay', async () => {
    await write();
    await writeFile(join(folder, 'compose.override.yaml'), 'mine\n');
    await rm(join(base, 'project/app/models.py'));
    const { kept } = await write({
      ...exported({ 'compose.yaml': 'new\n' }),
      secrets: { 'secret-key': 'second', more: 'x' },
    });
    expect(kept).toEqual(['secret-key']);
    expect(await read('secrets/secret-key')).toBe('first');
    expect(await read('secrets/more')).toBe('x');
    expect(await read('compose.yaml')).toBe('new\n');
    expect(await read('compose.override.yaml')).toBe('mine\n');
    await expect(read('edge/nginx.conf')).rejects.toThrow('ENOENT');
    await expect(read('code/app/models.py')).rejects.toThrow('ENOENT');
  });

  it('refuses a folder with files of somebody else, whatever is said', async () => {
    await mkdir(folder);
    await writeFile(join(folder, 'notes.txt'), 'mine\n');
    expect(await refusal(write(exported(), true))).toBe(`${folder} has files, and no export has written them`);
    expect(await read('notes.txt')).toBe('mine\n');
  });

  it('refuses to write where a file of one’s own stands, and an export of another site', async () => {
    await write();
    await writeFile(join(folder, 'Dockerfile'), 'mine\n');
    const more = exported({ 'compose.yaml': 'a\n', Dockerfile: 'theirs\n' });
    expect(await refusal(write(more, true))).toBe(
      `${join(folder, 'Dockerfile')} is there, and no export has written it`,
    );
    expect(await read('Dockerfile')).toBe('mine\n');
    expect(await refusal(write({ ...exported(), site: 'forum' }, true))).toBe(`${folder} has an export of boards`);
  });

  it('refuses to lose changes of exported files and of the code, unless told to', async () => {
    await write();
    await writeFile(join(folder, 'compose.yaml'), 'edited\n');
    await writeFile(join(folder, 'code/manage.py'), 'edited\n');
    expect(await refusal(write())).toBe(`Of the earlier export in ${folder}, compose.yaml, code/ have been changed`);
    expect(await read('compose.yaml')).toBe('edited\n');
    await write(exported(), true);
    expect(await read('compose.yaml')).toBe('a\n');
    expect(await read('code/manage.py')).toBe('one\n');
  });

  it('can be killed on the way and repeated', async () => {
    await write();
    // As it is when the second export died between its files: some are new, some old, and the code is half there.
    const next = exported({ 'compose.yaml': 'new\n', 'edge/nginx.conf': 'new\n' });
    const manifest: { files: Record<string, string[]> } = JSON.parse(await read('.roadie-export.json'));
    await write(next);
    const after: typeof manifest = JSON.parse(await read('.roadie-export.json'));
    for (const [path, hashes] of Object.entries(manifest.files)) after.files[path]?.push(...hashes);
    await writeFile(join(folder, '.roadie-export.json'), JSON.stringify(after));
    await writeFile(join(folder, 'edge/nginx.conf'), 'b\n');
    await mkdir(join(folder, '.code.new'));
    await rm(join(folder, 'code'), { recursive: true });
    await write(next);
    expect(await read('edge/nginx.conf')).toBe('new\n');
    expect(await read('code/manage.py')).toBe('one\n');
  });
});
