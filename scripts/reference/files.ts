import { siteBounds } from '../../src/components/bounds.ts';
import { makePlace, placeUsers, siteGroup } from '../../src/targets/machine/place.ts';
import { siteFolders, siteRunFolders, type WantedFolder } from '../../src/targets/machine/folders-wanted.ts';
import { layout, type Layout } from '../../src/machine/layout.ts';
import { systemUserName } from '../../src/machine/users/user-names.ts';
import type { RunAs } from '../../src/services/service.ts';
import { mono, page, sentence, table } from './markdown.ts';

const where = layout('/var/lib/roadie', '/run/roadie');

/** What lies in each place of the layout. One that is missing here does not compile. */
const places: Readonly<Record<keyof Layout, string>> = {
  base: 'everything that Roadie keeps',
  run: 'sockets and what else is gone after a reboot',
  state: 'what Roadie remembers; secrets are in it',
  edge: "NGINX's configuration and the certificates",
  sites: 'the sites, a folder each',
  tools: 'programs that Roadie brings itself, such as uv',
  trash: 'the data of sites that were deleted',
  socket: "the daemon's API",
  daemonLog: "the daemon's own log",
  eventLog: 'what has happened, one JSON object a line',
};

/** What else is of use to people, relative to a place of the layout. */
const inside: readonly (readonly [keyof Layout, string, string])[] = [
  ['state', 'sites/NAME.json', "a site's record: what was asked for, what it is made of, its secrets, its services"],
  ['state', 'edge.json', "NGINX as a service, and the sites' part in it"],
  ['state', 'supervisor.json', 'what you have stopped'],
  [
    'state',
    'schedule.json',
    "when the daemon's seldom tasks (certificates, pruning) have run, what came of it, and when they run next",
  ],
  ['state', 'bake.json', 'what was usual before the switch to a release that is watched'],
  ['state', 'jobs/', 'the output of operations, a file each, the newest 100'],
  ['state', 'packages-journal.json', 'only while Debian packages are installed: what was there before'],
  ['base', 'checkouts/', 'mirrors of repositories that belong to no site yet'],
  ['state', 'keys/', 'deploy keys, tokens and known hosts of private repositories, a folder for each'],
  ['edge', 'nginx.conf', "NGINX's own configuration"],
  ['edge', 'sites/NAME.conf', "a site's part of it"],
  ['edge', 'certificates/NAME/', "a site's certificate and its key, which only root can read"],
  ['edge', 'authority/', 'the local authority: its certificate `root.pem`, and its key, which only root can read'],
  ['edge', 'logs/', "NGINX's logs, and one of each site's requests"],
  ['run', '.webhook/webhook.sock', 'where NGINX passes webhooks on to the daemon'],
  ['run', '.lent/', 'copies of deploy keys and tokens while git uses them'],
  ['run', 'view/', "what sites' views of the machine are put together from"],
  ['run', 'processes/', 'which processes the daemon has started, a file each'],
];

/** Ids that only this page uses, so that they can be told apart and given their names again. */
const ids: Readonly<Record<number, string>> = { 0: 'root', 1: 'site', 2: 'www-data', 3: 'www', 4: 'build' };

/** Where things lie on a machine. */
export function filesPage(): string {
  const run = (name: string, id: number): RunAs => ({ name, uid: id, gid: id });
  const site = 'NAME';
  const known = new Map(
    [
      run(systemUserName(where.base, site), 1),
      run('www-data', 2),
      run(systemUserName(where.base, site, 'build'), 4),
    ].map((user) => [user.name, user]),
  );
  const place = makePlace({
    layout: where,
    site,
    domains: ['NAME.localhost'],
    ports: { http: 80, https: 443 },
    machine: { cores: 2, memoryBytes: 2 ** 31, programs: {}, installed: { brotliStatic: true } },
    users: placeUsers({
      base: where.base,
      site,
      home: `${where.sites}/${site}`,
      isRoot: true,
      current: 'root',
      known,
      groups: new Map([[siteGroup(where.base, site), 3]]),
      components: [],
    }),
    secrets: {},
    bounds: siteBounds({ cores: 2, memoryBytes: 2 ** 31 }),
  });
  return page('Files', [
    'Where things lie on a machine. Without root, `/var/lib/roadie` is `~/.local/state/roadie`, `/run/roadie` is `$XDG_RUNTIME_DIR/roadie`, and everything belongs to you. The environment variables `ROADIE_BASE` and `ROADIE_RUN` choose other folders: several Roadies on one machine do not see each other.',
    '## The host',
    table(['Path', 'Holds'], (Object.keys(places) as (keyof Layout)[]).flatMap(rows)),
    'The JSON files of `state/` are written whole, and the copy before each is kept as `….previous`.',
    '## A site',
    `${mono('NAME')} is the site's name. Each site has system users of its own: ${mono('roadie-NAME')} for what is live, 'site' here; ${mono('roadie-NAME_build')} for what makes its releases, 'build' here; and one for each data service, such as ${mono('roadie-NAME_postgresql')}, with folders of its own in ${mono('data/')}, ${mono('config/')} and the run folder. A group, ${mono('roadie-NAME_www')}, 'www' here, is for what NGINX may read of the site: NGINX, the site and its builds are in it. A Roadie in another folder than ${mono('/var/lib/roadie')} puts a hash of that folder into the names.`,
    table(
      ['Path', 'Mode', 'Owner and group', 'Because'],
      [...siteFolders(place, where), ...siteRunFolders(place)]
        .filter((folder) => folder.path.includes('NAME'))
        .map(row),
    ),
    `A release is a folder ${mono('releases/ID/')} with the code, a virtualenv, the static files and ${mono('release.json')}; ${mono('current')} is a link to the live one. While one is made, its parts are the build user's, and nobody else can enter its folder; then it belongs to root, and the site can only read it. A change of the project makes a new release, never a change in one.`,
  ]);
}

function rows(key: keyof Layout): readonly (readonly string[])[] {
  const below = inside.filter(([place]) => place === key);
  return [
    [mono(where[key]), sentence(places[key])],
    ...below.map(([, path, holds]) => [mono(`${where[key]}/${path}`), sentence(holds)]),
  ];
}

function row({ path, mode, ownership, because }: WantedFolder): readonly string[] {
  return [
    mono(`${path}/`),
    mode.toString(8).padStart(4, '0'),
    ownership === undefined ? '' : `${ids[ownership.uid]}, ${ids[ownership.gid]}`,
    sentence(because),
  ];
}
