import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { runCommand } from '../../test/rig/box.ts';
import { type Area, type Attack, outcome } from './attack.ts';
import { neighboursUpload } from './files.ts';
import type { World } from './world.ts';

/** A setting that points elsewhere, and where a file of there would be found. */
type Pointed = {
  readonly setting: 'MEDIA_ROOT' | 'STATIC_ROOT';
  readonly folder: string;
  readonly file: string;
  readonly link?: string;
};

function pointing(name: string, how: string, points: (world: World, upload: string) => readonly Pointed[]): Attack {
  return {
    name,
    who: 'committer',
    how,
    promise: 'the deploy is refused or the folder is not served; no byte of it reaches a visitor',
    async run(world) {
      const { mallory } = world;
      const upload = await neighboursUpload(world);
      const wrong: string[] = [];
      const codes: number[] = [];
      for (const { setting, folder, file, link } of points(world, upload)) {
        const ready = `import os
from django.conf import settings
${link === undefined ? '' : `try:\n    os.makedirs(os.path.dirname(${JSON.stringify(folder)}), exist_ok=True)\n    if os.path.lexists(${JSON.stringify(folder)}): os.remove(${JSON.stringify(folder)})\n    os.symlink(${JSON.stringify(link)}, ${JSON.stringify(folder)})\nexcept OSError: pass\n`}
settings.${setting} = ${JSON.stringify(folder)}
`;
        await mallory.commit({ 'door/ready.py': ready });
        codes.push((await world.deploy(mallory)).code);
        for (const path of [`/media/${file}`, `/static/${file}`]) {
          const { body, status } = await world.get(mallory, path);
          if (body.includes(world.canary) || body.includes('root:x:0') || /PRIVATE KEY|"secrets"/.test(body))
            wrong.push(`${setting} = ${folder}: ${path} is answered ${status} with what is not the site’s`);
        }
      }
      await rm(join(mallory.project.folder, 'door/ready.py'), { force: true });
      mallory.repository.push('no pointing');
      await world.must(world.deploy(mallory));
      return outcome(wrong, `the deploys ended with ${codes.join(', ')}; nothing served`);
    },
  };
}

const uploads = pointing(
  'the neighbour’s uploads as its own',
  '`settings.MEDIA_ROOT` and `STATIC_ROOT`, set in `AppConfig.ready`, named the neighbour’s folder of uploads, also by `..`, by `/./`, with a slash at the end, and by `/proc/self/root`',
  (world, upload) => {
    const folder = upload.replace(/\/[^/]+$/, '');
    const ways = [
      folder,
      `${folder}/`,
      `${world.path(world.mallory, 'data/media')}/../../../${world.neighbour.name}/data/media`,
      folder.replace('/data/', '/./data/'),
      `/proc/self/root${folder}`,
    ];
    return ways.flatMap((way) => [
      { setting: 'MEDIA_ROOT', folder: way, file: 'private.txt' } as const,
      { setting: 'STATIC_ROOT', folder: way, file: 'private.txt' } as const,
    ]);
  },
);

const linked = pointing(
  'a link to the neighbour’s uploads',
  'a folder of the site’s own data that is a link to the neighbour’s uploads, or lies below one, as `MEDIA_ROOT`',
  (world, upload) => {
    const folder = upload.replace(/\/[^/]+$/, '');
    const own = world.path(world.mallory, 'data/media');
    return [
      { setting: 'MEDIA_ROOT', folder: join(own, 'inside'), file: 'private.txt', link: folder },
      {
        setting: 'MEDIA_ROOT',
        folder: join(own, 'two'),
        file: 'media/private.txt',
        link: folder.replace(/\/media$/, ''),
      },
    ];
  },
);

const system = pointing(
  'the system’s files as its own',
  '`MEDIA_ROOT` and `STATIC_ROOT` named `/`, `/etc`, Roadie’s state, the certificates, the site’s config, its code, its logs',
  (world) => {
    const base = join(world.box.folder, 'base');
    return [
      ['/', 'etc/passwd'],
      ['/etc', 'passwd'],
      [join(base, 'state/sites'), `${world.mallory.name}.json`],
      [join(base, 'edge/certificates', world.neighbour.name), 'key.pem'],
      [join(base, 'sites'), `${world.neighbour.name}/data/media/private.txt`],
    ].map(([folder = '', file = '']) => ({ setting: 'MEDIA_ROOT', folder, file }) as const);
  },
);

const swapped: Attack = {
  name: 'its own folder of uploads swapped afterwards',
  who: 'broken-into site',
  how: 'the live site replaced a folder within its uploads, 20,000 times, by a link to the neighbour’s and back, while a visitor asked for the file in it; then tried to replace the folder of uploads itself',
  promise: 'no byte of the neighbour’s is served',
  async run(world) {
    const { mallory } = world;
    const upload = await neighboursUpload(world);
    const folder = upload.replace(/\/[^/]+$/, '');
    const told = await world.asSite(`
import ctypes, os, threading
from django.conf import settings
root = str(settings.MEDIA_ROOT)
libc = ctypes.CDLL(None)
plain, link = os.path.join(root, "swap"), os.path.join(root, "swap-link")
os.makedirs(plain, exist_ok=True)
open(os.path.join(plain, "private.txt"), "w").write("mine")
if not os.path.lexists(link): os.symlink(${JSON.stringify(folder)}, link)
def swap():
    for _ in range(20000): libc.renameat2(-100, plain.encode(), -100, link.encode(), 2)
threading.Thread(target=swap, daemon=True).start()
try:
    os.rename(root, root + ".mine"); os.symlink(${JSON.stringify(folder)}, root); print("replaced")
except OSError as error: print(error)
`);
    const wrong = told.includes('replaced') ? ['the folder of uploads itself was replaced'] : [];
    let served = 0;
    for (let count = 0; count < 150; count += 1) {
      const { body } = await world.get(mallory, '/media/swap/private.txt');
      if (body.includes(world.canary)) served += 1;
    }
    if (served > 0) wrong.push(`${served} of 150 answers have the neighbour’s file`);
    return outcome(wrong, '150 requests, none had it');
  },
};

const reader: Attack = {
  name: 'NGINX’s rights alone',
  who: 'broken-into site',
  how: 'which groups let NGINX’s workers into each site’s uploads, and whether a site’s folder lets anybody else in',
  promise: 'through that site’s own group alone, so that a mistake elsewhere opens no neighbour',
  async run(world) {
    const groups: string[] = [];
    for (const site of [world.mallory, world.neighbour]) {
      const told = await runCommand(['stat', '-c', '%a %U %G', world.path(site, 'data/media')]);
      groups.push(told.stdout.trim());
    }
    const [first = '', second = ''] = groups.map((line) => line.split(' ')[2]);
    const wrong = first === second ? [`both sites’ uploads belong to the group ${first}`] : [];
    if (groups.some((line) => !/^\d*0 /.test(line))) wrong.push(`others may enter: ${groups.join('; ')}`);
    const main = await readFile(join(world.box.folder, 'base/edge/nginx.conf'), 'utf8');
    return outcome(wrong, `${groups.join('; ')}; ${/^user .*$/m.exec(main)?.[0] ?? ''}`);
  },
};

export const servedArea: Area = {
  id: 'served',
  title: 'One site serves another’s files (3)',
  attacks: [uploads, linked, system, swapped, reader],
};
