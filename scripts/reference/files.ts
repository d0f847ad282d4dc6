import { makePlace, placeUsers, siteUser } from '../../src/targets/machine/place.ts';
import { siteFolders, siteRunFolders, type WantedFolder } from '../../src/targets/machine/folders-wanted.ts';
import { layout, type Layout } from '../../src/machine/layout.ts';
import type { RunAs } from '../../src/supervisor/service.ts';
import { mono, page, sentence, table } from './markdown.ts';

const where = layout('/var/lib/roadie', '/run/roadie');

/** What lies in each place of the layout. One that is missing here does not compile. */
const places: Readonly<Record<keyof Layout, string>> = {
  base: 'everything that Roadie keeps',
  run: 'sockets and what else is gone after a reboot',
  state:
    "what Roadie remembers: each site's record in `sites/NAME.json`, NGINX's services in `edge.json`, what runs in `supervisor.json`. The copy before each is kept as `….previous`",
  edge: "NGINX's configuration and the certificates",
  sites: 'the sites, a folder each',
  tools: 'programs that Roadie brings itself, such as uv',
  trash: 'the data of sites that were deleted',
  socket: "the daemon's API",
  daemonLog: "the daemon's own log",
  eventLog: 'everything that has happened, one JSON object a line',
};

/** Ids that only this page uses, so that they can be told apart and given their names again. */
const ids: Readonly<Record<number, string>> = { 0: 'root', 1: 'site', 2: 'www-data' };

/** Where things lie on a machine. */
export function filesPage(): string {
  const run = (name: string, id: number): RunAs => ({ name, uid: id, gid: id });
  const site = 'NAME';
  const known = new Map([run(siteUser(site), 1), run('www-data', 2)].map((user) => [user.name, user]));
  const place = makePlace({
    layout: where,
    site,
    domains: ['NAME.localhost'],
    ports: { http: 80, https: 443 },
    machine: { cores: 2, memoryBytes: 2 ** 31, programs: {}, nginxBrotli: true },
    users: placeUsers({ site, isRoot: true, current: 'root', known, components: [] }),
    secrets: {},
  });
  return page('Files', [
    'Where things lie on a machine. Without root, `/var/lib/roadie` is `~/.local/state/roadie`, `/run/roadie` is `$XDG_RUNTIME_DIR/roadie`, and everything belongs to you. The environment variables `ROADIE_BASE` and `ROADIE_RUN` choose other folders: several Roadies on one machine do not see each other.',
    '## The host',
    table(
      ['Path', 'Holds'],
      (Object.entries(places) as [keyof Layout, string][]).map(([key, text]) => [mono(where[key]), sentence(text)]),
    ),
    '## A site',
    `${mono('NAME')} is the site's name. Each site has a system user of its own, ${mono('roadie-NAME')}: that is 'site' here. Data services have folders of their own in ${mono('data/')}, ${mono('config/')} and the run folder, each owned by the service's user.`,
    table(
      ['Path', 'Mode', 'Owner and group', 'Because'],
      [...siteFolders(place, where), ...siteRunFolders(place)]
        .filter((folder) => folder.path.includes('NAME'))
        .map(row),
    ),
    `Releases are ${mono('releases/ID/')}: the code, its virtualenv, its static files and ${mono('release.json')}. They belong to root, and the site can only read them. A change of the project makes a new release, never a change in one.`,
  ]);
}

function row({ path, mode, ownership, because }: WantedFolder): readonly string[] {
  return [
    mono(`${path}/`),
    mode.toString(8).padStart(4, '0'),
    ownership === undefined ? '' : `${ids[ownership.uid]}, ${ids[ownership.gid]}`,
    sentence(because),
  ];
}
