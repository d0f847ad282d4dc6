import { describe, expect, it } from 'vitest';

import type { ViewSpec } from '../../services/service.ts';
import { parseMounts } from './mountinfo.ts';
import { viewTable } from './view.ts';

const place = { root: '/run/roadie/view/root', devices: '/run/roadie/view/dev' };

/** A server with a data disk, systemd's mounts and somebody's home on a disk of its own. */
const mounts = parseMounts(`1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:1 / /proc rw - proc proc rw
3 1 0:2 / /sys rw - sysfs sysfs rw
4 3 0:3 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
5 1 0:4 / /dev rw - devtmpfs udev rw
6 5 0:5 / /dev/shm rw - tmpfs tmpfs rw
7 1 0:6 / /run rw,nosuid,noexec - tmpfs tmpfs rw
8 7 0:7 / /run/user/1000 rw - tmpfs tmpfs rw
9 1 8:2 / /boot rw - ext4 /dev/sda2 rw
10 1 8:3 / /home rw - ext4 /dev/sda3 rw
11 1 8:4 / /mnt/my\\040disk rw,noexec - ext4 /dev/sdb1 rw
12 1 8:5 / /var/lib/roadie/sites/shop/data/media rw - ext4 /dev/sdc1 rw
13 1 8:6 / /var/lib/roadie/sites/shop/data/archive ro - ext4 /dev/sdd1 ro
14 1 0:9 / /mnt/auto rw - autofs systemd-1 rw`);

const shop = '/var/lib/roadie/sites/shop';
const view: ViewSpec = {
  hidden: ['/home', '/root', '/run/user', '/var/lib/roadie', '/run/roadie'],
  readable: [shop, '/run/roadie/shop', '/var/lib/roadie/tools'],
  writable: [`${shop}/data`, `${shop}/cache`, '/home/me/uploads'],
  tmp: `${shop}/tmp`,
};

const lines = (text: string): readonly string[] =>
  text.split('\n').map((line) => line.replaceAll('/run/roadie/view/root', 'R').replace(/ 0 0$/, ''));

describe('a view of the machine', () => {
  const table = viewTable(view, mounts, place);

  it('has the system and the other disks read-only, and nothing of what the kernel makes up', () => {
    expect(lines(table.disks)).toEqual([
      '/ R none bind,ro,nosuid,nodev',
      '/run R/run none bind,ro,nosuid,nodev,noexec',
      '/mnt/my\\040disk R/mnt/my\\040disk none bind,ro,nosuid,nodev,noexec',
    ]);
  });

  it("hides what is others', shows what is the site's, and lets it write in its own folders, with what is mounted in them", () => {
    expect(lines(table.own)).toEqual([
      `${shop}/tmp R/tmp none bind,nosuid,nodev`,
      `${shop}/tmp R/var/tmp none bind,nosuid,nodev`,
      ...['/home', '/root', '/run/user', '/var/lib/roadie', '/run/roadie'].map(
        (path) => `tmpfs R${path} tmpfs nosuid,nodev,mode=711,size=256k,noexec`,
      ),
      '/home/me/uploads R/home/me/uploads none bind,nosuid,nodev,X-mount.mkdir=0711',
      '/run/roadie/shop R/run/roadie/shop none bind,ro,nosuid,nodev,X-mount.mkdir=0711',
      `${shop} R${shop} none bind,ro,nosuid,nodev,X-mount.mkdir=0711`,
      `${shop}/cache R${shop}/cache none bind,nosuid,nodev,X-mount.mkdir=0711`,
      `${shop}/data R${shop}/data none bind,nosuid,nodev,X-mount.mkdir=0711`,
      `${shop}/data/archive R${shop}/data/archive none bind,ro,nosuid,nodev,X-mount.mkdir=0711`,
      `${shop}/data/media R${shop}/data/media none bind,nosuid,nodev,X-mount.mkdir=0711`,
      '/var/lib/roadie/tools R/var/lib/roadie/tools none bind,ro,nosuid,nodev,X-mount.mkdir=0711',
      '/sys R/sys none bind,ro,nosuid,nodev,noexec',
      'proc R/proc proc nosuid,nodev,noexec,hidepid=2',
      '/run/roadie/view/dev R/dev none bind,ro,nosuid,noexec',
      ...['null', 'zero', 'full', 'random', 'urandom', 'tty'].map(
        (name) => `/dev/${name} R/dev/${name} none bind,nosuid,noexec`,
      ),
      'devpts R/dev/pts devpts nosuid,noexec,mode=620,gid=5,ptmxmode=666',
      'tmpfs R/dev/shm tmpfs nosuid,nodev,mode=1777,size=25%',
    ]);
  });

  it('shows another folder in the place of one, with nothing of what is mounted there', () => {
    const instead = [{ path: `${shop}/data/media`, from: `${shop}/releases/1/scratch/media` }];
    const own = lines(viewTable({ ...view, instead }, mounts, place).own);
    expect(own.filter((line) => line.includes('media'))).toEqual([
      `${shop}/releases/1/scratch/media R${shop}/data/media none bind,nosuid,nodev,X-mount.mkdir=0711`,
    ]);
    expect(own.findIndex((line) => line.includes('media'))).toBeGreaterThan(
      own.findIndex((line) => line.startsWith(`${shop}/data R`)),
    );
  });

  it('is one table where the machine has one disk', () => {
    const plain = viewTable(
      view,
      mounts.filter(({ path }) => !path.startsWith('/mnt/')),
      place,
    );
    expect(plain.disks).toBe('');
    expect(lines(plain.own).slice(0, 3)).toEqual([
      '/ R none bind,ro,nosuid,nodev',
      '/run R/run none bind,ro,nosuid,nodev,noexec',
      `${shop}/tmp R/tmp none bind,nosuid,nodev`,
    ]);
  });

  it('makes no folder for a mount where the site could have put a link', () => {
    const below = viewTable({ ...view, hidden: ['/tmp/base'], readable: ['/tmp/base/shop'] }, mounts, place);
    expect(lines(below.own).slice(0, 3)).toEqual([
      'tmpfs R/tmp tmpfs nosuid,nodev,mode=1777,size=25%',
      `${shop}/tmp R/var/tmp none bind,nosuid,nodev`,
      '/home/me/uploads R/home/me/uploads none bind,nosuid,nodev,X-mount.mkdir=0711',
    ]);
  });

  it('has some memory for its /tmp where it has no folder for it', () => {
    const { tmp: _, ...rest } = view;
    expect(lines(viewTable(rest, mounts, place).own)[0]).toBe('tmpfs R/tmp tmpfs nosuid,nodev,mode=1777,size=64m');
  });

  it('has no path that could mean something else in its table', () => {
    const odd = viewTable({ ...view, writable: ['/mnt/a b\t#"$x\\'] }, mounts, place);
    expect(odd.own).toContain('/mnt/a\\040b\\011\\043\\042\\044x\\134 ');
  });
});
