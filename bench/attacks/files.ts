import { type Area, type Attack, type Outcome, outcome } from './attack.ts';
import { sendRaw } from '../../test/rig/raw.ts';
import type { World } from './world.ts';

/** Asks for paths as they stand (clients tidy `..` away) and answers what was wrong with each. */
async function each(
  world: World,
  paths: readonly string[],
  isWrong: (status: number, text: string) => string | undefined,
): Promise<Outcome> {
  const { mallory, box } = world;
  const wrong: string[] = [];
  const statuses = new Map<number, number>();
  for (const path of paths) {
    const said = await sendRaw(`GET ${path} HTTP/1.1\r\nHost: ${mallory.domain}\r\nConnection: close\r\n\r\n`, {
      port: box.ports.https,
      servername: mallory.domain,
    });
    statuses.set(said.status, (statuses.get(said.status) ?? 0) + 1);
    const why = isWrong(said.status, said.text);
    if (why !== undefined) wrong.push(`${path}: ${why}`);
  }
  return outcome(wrong, [...statuses].map(([status, count]) => `${count} × ${status}`).join(', '));
}

/** Files among the uploads, as somebody who found a hole in the upload form would leave them. */
async function upload(
  world: World,
  files: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>> = {},
): Promise<void> {
  const said = await world.asSite(`
import os
from django.conf import settings
def put(name, act):
    path = os.path.join(str(settings.MEDIA_ROOT), name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path): os.remove(path)
    act(path)
for name, content in ${JSON.stringify(files)}.items():
    put(name, lambda path: open(path, "w").write(content))
for name, target in ${JSON.stringify(links)}.items():
    put(name, lambda path: os.symlink(target, path))
print("done")
`);
  if (!said.includes('done')) throw new Error(said);
}

const traversal: Attack = {
  name: 'paths that leave their folder',
  who: 'visitor',
  how: '`/static../.env`, `/static/../`, `%2e%2e`, `..%2f`, `..%5c`, `%252e`, `//`, overlong UTF-8, to the code, the environment and `/etc/passwd`',
  promise: 'nothing outside of static files and uploads is served',
  run: (world) => {
    const up = [
      '../',
      '..%2f',
      '%2e%2e/',
      '%2e%2e%2f',
      '..%5c',
      '%252e%252e%252f',
      '..;/',
      '..%c0%af',
      './../',
      '%2e./',
      '..//',
    ];
    const wanted = [
      'code/tiny/settings.py',
      'overlay.json',
      'release.json',
      '../../config/',
      '../../../../../../../../etc/passwd',
    ];
    const paths = ['static', 'media', '.roadie', '.well-known/acme-challenge'].flatMap((folder) => [
      `/${folder}../code/tiny/settings.py`,
      `/${folder}..%2fcode/tiny/settings.py`,
      `/${folder}/etc/passwd`,
      `/${folder}//etc/passwd`,
      ...up.flatMap((step) => wanted.map((file) => `/${folder}/${step}${step}${file}`)),
      ...up.map((step) => `/${folder}/${step}code/tiny/settings.py`),
      ...up.map((step) => `/${folder}/${step.repeat(12)}etc/passwd`),
    ]);
    return each(world, paths, (_status, text) =>
      /root:x:0|SECRET_KEY|"fingerprint"/.test(text) ? 'served' : undefined,
    );
  },
};

const hidden: Attack = {
  name: 'files that were published by mistake',
  who: 'visitor',
  how: '`.env`, `.git/config`, `.htpasswd`, `*.py`, `*.pyc`, `*.sqlite3` and its journals among static files and uploads, also with `%2e`, in capitals, by `//` and `/x/../`',
  promise: '404, and not a byte of them',
  async run(world) {
    const names = [
      '.env',
      '.git/config',
      '.htpasswd',
      'views.py',
      'VIEWS.PY',
      'x.pyc',
      'db.sqlite3',
      'db.sqlite3-wal',
      'data.db',
      'x/.env',
    ];
    await upload(world, Object.fromEntries(names.map((name) => [name, 'published-by-mistake'])));
    const paths = names.flatMap((name) => [
      `/media/${name}`,
      `/media/${name.replace('.', '%2e')}`,
      `/media/x/../${name}`,
      `/media//${name}`,
    ]);
    paths.push(
      ...['views.py', 'db.sqlite3'].flatMap((name) => [
        `/static/notes/${name}`,
        `/static/notes/${name.replace('.', '%2E')}`,
      ]),
    );
    return each(world, paths, (status, text) =>
      status === 404 && !text.includes('published-by-mistake') ? undefined : `answered ${status}`,
    );
  },
};

const symlinks: Attack = {
  name: 'links among the uploads',
  who: 'broken-into site',
  how: 'links in the folder of uploads to `/etc/passwd`, to the neighbour’s uploads, to NGINX’s keys, to a folder, and a hard link; then asked for as a visitor',
  promise: 'NGINX follows none of them',
  async run(world) {
    const theirs = await neighboursUpload(world);
    await upload(
      world,
      {},
      {
        'passwd.txt': '/etc/passwd',
        etc: '/etc',
        'theirs.txt': theirs,
        theirs: theirs.replace(/\/[^/]+$/, ''),
        'key.txt': `${world.box.folder}/base/edge/certificates/${world.neighbour.name}/key.pem`,
        self: '.',
        'deep/up': '../../..',
      },
    );
    await world.asSite(`
import os
from django.conf import settings
for source, name in ((${JSON.stringify(theirs)}, "hard-theirs.txt"), ("/etc/passwd", "hard-passwd.txt")):
    try: os.link(source, os.path.join(str(settings.MEDIA_ROOT), name))
    except OSError: pass
`);
    const paths = [
      'passwd.txt',
      'etc/passwd',
      'theirs.txt',
      'theirs/private.txt',
      'key.txt',
      'self/self/passwd.txt',
      'deep/up/config/',
      'hard-theirs.txt',
      'hard-passwd.txt',
    ].map((name) => `/media/${name}`);
    return each(world, paths, (_status, text) =>
      text.includes('root:x:0') || text.includes(world.canary) || text.includes('PRIVATE KEY') ? 'served' : undefined,
    );
  },
};

const pages: Attack = {
  name: 'uploads that act as pages',
  who: 'visitor',
  how: 'uploaded HTML, SVG, XHTML, XML, `.shtml`, `.js`, `.HTML`, `.pdf.html`, and HTML named as a picture',
  promise: 'a download or sandboxed, `nosniff`, and no script of it runs in the site’s name',
  async run(world) {
    const html = '<script>alert(1)</script>';
    const names = [
      'page.html',
      'page.HTM',
      'drawing.svg',
      'drawing.SVG',
      'page.xhtml',
      'data.xml',
      'page.shtml',
      'paper.pdf.html',
      'code.js',
      'face.png',
      'noending',
    ];
    await upload(world, Object.fromEntries(names.map((name) => [`up/${name}`, html])));
    const wrong: string[] = [];
    for (const name of names) {
      const { status, headers } = await world.get(world.mallory, `/media/up/${name}`);
      const text = (header: string): string => String(headers[header] ?? '');
      const safe = text('content-disposition') === 'attachment' || text('content-security-policy').includes('sandbox');
      if (status !== 200) continue;
      if (!safe) wrong.push(`${name} comes neither as a download nor sandboxed`);
      if (text('x-content-type-options') !== 'nosniff') wrong.push(`${name} comes without nosniff`);
    }
    return outcome(wrong, `${names.length} files, each a download or sandboxed`);
  },
};

const cacheAndRange: Attack = {
  name: 'ranges',
  who: 'visitor',
  how: 'one request for 1,000 ranges of a static file, overlapping, and a range beyond every number',
  promise: 'the answer is no larger than a few times the file',
  async run(world) {
    const whole = await world.get(world.mallory, '/static/notes/site.css');
    const sizes: number[] = [];
    for (const range of [
      `bytes=${Array.from({ length: 1000 }, () => '0-').join(',')}`,
      'bytes=0-18446744073709551615',
      'bytes=-9223372036854775808',
    ]) {
      const { body } = await world.get(world.mallory, '/static/notes/site.css', { headers: { range } });
      sizes.push(body.length);
    }
    const large = sizes.filter((size) => size > whole.body.length * 5 + 2000);
    return outcome(
      large.map((size) => `${size} bytes for a file of ${whole.body.length}`),
      `at most ${Math.max(...sizes)} bytes for a file of ${whole.body.length}`,
    );
  },
};

/** A file among the neighbour's uploads that only its own visitors may see, with the canary in it. Answers its path. */
export async function neighboursUpload(world: World): Promise<string> {
  const code = `
import os
from django.conf import settings
path = os.path.join(str(settings.MEDIA_ROOT), "private.txt")
with open(path, "w") as file: file.write(${JSON.stringify(world.canary)})
print("path=" + path)
`;
  const { all } = await world.must(world.box.roadie(['run', world.neighbour.name, '--', 'shell', '-c', code]));
  const path = /path=(\S+)/.exec(all)?.[1];
  if (path === undefined) throw new Error(all);
  return path;
}

export const filesArea: Area = {
  id: 'files',
  title: 'Files over HTTP',
  attacks: [traversal, hidden, symlinks, pages, cacheAndRange],
};
