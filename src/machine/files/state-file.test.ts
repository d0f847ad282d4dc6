import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { killedWhileWriting } from '../../../test/rig/killed-writer.ts';
import { StateFile } from './state-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadie-state-'));
  path = join(folder, 'site.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a state file', () => {
  test('gives back what was written, and nothing where nothing was', async () => {
    const file = new StateFile<{ name: string }>(path);
    expect(await file.read()).toBeUndefined();
    await file.write({ name: 'ü' });
    expect(await new StateFile(path).read()).toEqual({ name: 'ü' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await file.remove();
    expect(await file.read()).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    ['cut short', (text: string) => text.slice(0, text.length / 2)],
    ['empty', () => ''],
    ['changed by hand', (text: string) => text.replace('second', 'secund')],
    ['zeroed by a file system that lost power', (text: string) => '\0'.repeat(text.length)],
    ['JSON of another kind', () => 'null'],
  ])('whose newest copy is %s gives the one before', async (_, damage) => {
    const file = new StateFile<string>(path);
    await file.write('first');
    await file.write('second');
    writeFileSync(path, damage(readFileSync(path, 'utf8')));
    expect(await file.read()).toBe('first');
    await file.write('third');
    expect(await file.read()).toBe('third');
  });

  test('never replaces its good copy by a damaged one', async () => {
    const file = new StateFile<string>(path);
    await file.write('first');
    await file.write('second');
    writeFileSync(path, 'damaged');
    await file.write('third');
    writeFileSync(path, 'damaged');
    expect(await file.read()).toBe('first');
  });

  test('with both copies damaged is a problem that names the file, and not an empty state', async () => {
    const file = new StateFile<string>(path);
    await file.write('first');
    await file.write('second');
    writeFileSync(path, 'x');
    writeFileSync(`${path}.previous`, 'y');
    await expect(file.read()).rejects.toMatchObject({ problems: [{ code: 'state-damaged', where: { file: path } }] });
    await expect(file.write('third')).rejects.toThrow('checksum');
  });

  test('is whole whenever its writer is killed, and the next writer removes what was left', async () => {
    const file = new StateFile<{ round: number; text: string }>(path);
    await file.write({ round: 0, text: '' });
    const script = (url: string): string => `
      const { StateFile } = await import(${JSON.stringify(url)});
      const file = new StateFile(${JSON.stringify(path)});
      for (let round = 1; ; round += 1) {
        await file.write({ round, text: 'x'.repeat(round * 997 % 100000) });
        if (round === 3) console.log('writing');
      }`;
    for (let kill = 0; kill < 5; kill += 1) {
      await killedWhileWriting(script(new URL('state-file.ts', import.meta.url).href), kill * 3);
      const value = await file.read();
      expect(value?.text.length).toBe(((value?.round ?? 0) * 997) % 100_000);
    }
    await file.write({ round: 0, text: '' });
    expect(readdirSync(folder).toSorted()).toEqual(['site.json', 'site.json.previous']);
  }, 60_000);
});
