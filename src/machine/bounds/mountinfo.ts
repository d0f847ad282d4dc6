import { readFileSync } from 'node:fs';

/** A file system and where it is mounted: a line of proc_pid_mountinfo(5). */
export type Mount = {
  readonly path: string;
  /** `ext4`, `tmpfs`, `fuse.sshfs` … */
  readonly type: string;
  /** Of this mount: `ro`, `noexec` … */
  readonly options: readonly string[];
  /** Of the file system: controllers of a control group tree, `allow_other` of FUSE. */
  readonly superOptions: readonly string[];
};

/** Reads mountinfo; lines that are none are left out. */
export function parseMounts(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ');
    const [, , , , path, options] = before?.split(' ') ?? [];
    const [type, , superOptions] = after?.split(' ') ?? [];
    if (path === undefined || options === undefined || type === undefined) return [];
    return [{ path: decode(path), type, options: options.split(','), superOptions: superOptions?.split(',') ?? [] }];
  });
}

/** What is mounted now, as this process sees it, in the order in which it was mounted. */
export function readMounts(): readonly Mount[] {
  return parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
}

/** Blanks, tabs, line ends and backslashes stand there as octal numbers. */
function decode(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
