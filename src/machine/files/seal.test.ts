import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { allRead, groupReads, ownerOnly, sealTree } from './seal.ts';
import { isRoot } from '../system.ts';
import { currentUser } from '../users/users.ts';

let folder: string;
let tree: string;
let outside: string;
const me = currentUser().uid;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadie-seal-'));
  tree = join(folder, 'tree');
  outside = join(folder, 'outside');
  mkdirSync(tree);
  writeFileSync(outside, 'private', { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const modeOf = (...names: readonly string[]): string =>
  (lstatSync(join(tree, ...names)).mode & 0o7777).toString(8).padStart(4, '0');

describe('sealing a tree', () => {
  it('gives exactly the modes that it says, and no set-id bit survives', () => {
    mkdirSync(join(tree, 'inner'));
    for (const [name, mode] of [
      ['plain', 0o666],
      ['program', 0o4777],
      ['inner/hidden', 0o000],
      ['inner/group', 0o2755],
    ] as const) {
      writeFileSync(join(tree, name), name);
      chmodSync(join(tree, name), mode);
    }
    chmodSync(join(tree, 'inner'), 0o3777);
    sealTree(tree, { from: [me], modes: groupReads });
    expect([
      modeOf(),
      modeOf('plain'),
      modeOf('program'),
      modeOf('inner'),
      modeOf('inner/hidden'),
      modeOf('inner/group'),
    ]).toEqual(['0750', '0640', '0750', '0750', '0640', '0750']);
    sealTree(tree, { from: [me], modes: allRead });
    expect([modeOf('inner'), modeOf('plain'), modeOf('program')]).toEqual(['0755', '0644', '0755']);
  });

  it('removes links where none is to be left', () => {
    mkdirSync(join(tree, 'inner'));
    symlinkSync(outside, join(tree, 'inner/away'));
    symlinkSync('inner', join(tree, 'near'));
    sealTree(tree, { from: [me], withoutLinks: true });
    expect(readdirSync(tree, { recursive: true })).toEqual(['inner']);
    expect(readFileSync(outside, 'utf8')).toBe('private');
  });

  it('follows no link, out of the tree or in it', () => {
    mkdirSync(join(folder, 'private'), { mode: 0o700 });
    symlinkSync(outside, join(tree, 'file'));
    symlinkSync(join(folder, 'private'), join(tree, 'folder'));
    sealTree(tree, { from: [me], modes: allRead });
    expect(statSync(outside).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'private')).mode & 0o777).toBe(0o700);
    rmSync(tree, { recursive: true });
    symlinkSync(join(folder, 'private'), tree);
    expect(() => sealTree(tree, { from: [me], modes: allRead })).toThrow(/ENOTDIR|ELOOP/);
  });

  it('takes away pipes, and does not wait for them', () => {
    spawnSync('/usr/bin/mkfifo', [join(tree, 'pipe')]);
    expect(existsSync(join(tree, 'pipe'))).toBe(true);
    sealTree(tree, { from: [me], modes: allRead });
    expect(existsSync(join(tree, 'pipe'))).toBe(false);
  });

  it('passes over no name, whatever its bytes', () => {
    const name = Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff, 0xfe, 0x41])]);
    writeFileSync(name, 'x');
    chmodSync(name, 0o666);
    sealTree(tree, { from: [me], modes: ownerOnly });
    expect(statSync(name).mode & 0o777).toBe(0o600);
  });

  it('refuses folders without end', () => {
    mkdirSync(join(tree, ...Array.from({ length: 250 }, () => 'a')), { recursive: true });
    expect(() => sealTree(tree, { from: [me], modes: allRead })).toThrow('more than 200 folders deep');
  });

  describe.runIf(isRoot())('with root', () => {
    const builder = 61_234;
    const own = (...names: readonly string[]): void => {
      for (const name of names) spawnSync('/bin/chown', ['-h', `${builder}:${builder}`, join(tree, name)]);
    };

    it('changes hands, links and all', () => {
      mkdirSync(join(tree, 'inner'));
      writeFileSync(join(tree, 'inner/file'), 'x');
      symlinkSync('file', join(tree, 'inner/link'));
      own('.', 'inner', 'inner/file', 'inner/link');
      sealTree(tree, { from: [builder], to: { uid: 0, gid: 7 }, modes: groupReads });
      for (const name of ['.', 'inner', 'inner/file', 'inner/link']) {
        const { uid, gid } = lstatSync(join(tree, name));
        expect([name, uid, gid]).toEqual([name, 0, 7]);
      }
    });

    it("refuses another's file, a hard link to it too, and leaves it as it was", () => {
      linkSync(outside, join(tree, 'mine'));
      own('.');
      expect(() => sealTree(tree, { from: [builder], to: { uid: 0, gid: 0 }, modes: allRead })).toThrow(
        'belongs to the user with id 0',
      );
      expect(statSync(outside).mode & 0o777).toBe(0o600);
    });

    it('refuses a device', () => {
      spawnSync('/usr/bin/mknod', [join(tree, 'null'), 'c', '1', '3']);
      own('.', 'null');
      expect(() => sealTree(tree, { from: [builder], modes: allRead })).toThrow('it is a device');
    });

    it('leaves what is not theirs alone where that is asked for', () => {
      mkdirSync(join(tree, 'roots'));
      writeFileSync(join(tree, 'roots/theirs'), 'x');
      linkSync(outside, join(tree, 'roots/other'));
      own('roots/theirs');
      chmodSync(join(tree, 'roots/theirs'), 0o4640);
      sealTree(tree, { from: [builder], to: { uid: 0, gid: 0 }, leaveOthers: true });
      expect([lstatSync(join(tree, 'roots/theirs')).uid, modeOf('roots/theirs')]).toEqual([0, '0640']);
      expect(statSync(outside).mode & 0o777).toBe(0o600);
    });

    it('shows where it was cut short, and goes on from there', () => {
      const next = builder + 1;
      for (const name of ['a', 'b', 'c']) writeFileSync(join(tree, name), name);
      own('.', 'a', 'c');
      const sealing = {
        from: [builder, next],
        to: { uid: next, gid: next },
        modes: ownerOnly,
        topLast: true,
      } as const;
      // Root's file is refused in the middle.
      expect(() => sealTree(tree, sealing)).toThrow('belongs to the user with id 0');
      expect([lstatSync(tree).uid, modeOf()]).toEqual([0, '0700']);
      chownSync(join(tree, 'b'), builder, builder);
      sealTree(tree, sealing);
      for (const name of ['.', 'a', 'b', 'c']) expect([name, lstatSync(join(tree, name)).uid]).toEqual([name, next]);
    });
  });
});
