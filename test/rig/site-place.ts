import { mkdtemp } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

import type { Component } from '../../src/components/component.ts';
import { allComponents } from '../../src/components/index.ts';
import type { Place } from '../../src/components/place.ts';
import { ensureFolder, writeAtomically } from '../../src/machine/files/files.ts';
import { type Layout, layout } from '../../src/machine/layout.ts';
import { findPrograms } from '../../src/machine/packages/programs.ts';
import { run } from '../../src/machine/processes/run.ts';
import { lookupUser } from '../../src/machine/users/users.ts';
import type { RunAs } from '../../src/services/service.ts';
import { componentFolders, siteFolders, siteRunFolders } from '../../src/targets/machine/folders-wanted.ts';
import { ownershipOf, runAs } from '../../src/targets/machine/ownership.ts';
import { makePlace } from '../../src/targets/machine/place.ts';

/** A site's place in a temporary folder: with root as several users of the system, without it as one. */
export type SitePlace = {
  readonly place: Place;
  readonly layout: Layout;
  /** Who stands for everybody where the place is one without root. */
  readonly everybody?: RunAs;
};

async function existing(name: string): Promise<RunAs> {
  const user = await lookupUser(name);
  if (!user) throw new Error(`there is no user ${name} here`);
  return { uid: user.uid, gid: user.gid, name };
}

/**
 * Makes a place. Debian's own users `games`, `news`, `www-data`, `postgres` and `redis` stand for the site, its builds and the others, so that a
 * test leaves no user behind; without root it is all `games` (PostgreSQL refuses to run as root).
 */
export async function makeSitePlace(site: string, withRoot: boolean): Promise<SitePlace> {
  const folder = await mkdtemp('/tmp/rd-');
  await ensureFolder(folder, { mode: 0o711 });
  const paths = layout(join(folder, 'b'), join(folder, 'r'));
  const user = await existing('games');
  const users: Place['users'] = withRoot
    ? {
        site: user,
        build: { ...(await existing('news')), groups: [user.gid] },
        edge: await existing('www-data'),
        www: { name: 'www-data', gid: (await existing('www-data')).gid },
        component: {
          postgresql: { ...(await existing('postgres')), gid: user.gid },
          redis: { ...(await existing('redis')), gid: user.gid },
        },
        daemon: 'root',
      }
    : { component: {}, daemon: user.name };
  const programs = await findPrograms(allComponents);
  const place = makePlace({
    layout: paths,
    site,
    domains: [`${site}.localhost`],
    ports: { http: 8080, https: 8443 },
    machine: { cores: cpus().length, memoryBytes: totalmem(), ...programs },
    users,
    secrets: { 'database-password': 'canary0123456789' },
  });
  return { place, layout: paths, ...(!withRoot && { everybody: user }) };
}

/** Makes the folders and files of a site and of some of its components, as the machine target would. */
export async function layOut(
  site: SitePlace,
  components: readonly { readonly component: Component; readonly options: unknown }[],
): Promise<void> {
  const { place } = site;
  const folders = [
    ...siteFolders(place, site.layout),
    ...siteRunFolders(place),
    ...components.flatMap(({ component, options }) =>
      componentFolders(component, component.folders(options, place), place),
    ),
  ];
  for (const { path, mode, ownership } of folders)
    await ensureFolder(path, { mode, ownership: ownership ?? site.everybody });
  for (const { component, options } of components) {
    for (const file of component.files(options, place)) {
      const ownership = ownershipOf(file, component, place) ?? site.everybody;
      await writeAtomically(file.path, file.content, { mode: file.mode, ownership });
    }
  }
}

/** Runs a component's guarded commands of one moment; answers the titles of those that had something to do. */
export async function setUp(
  site: SitePlace,
  component: Component,
  options: unknown,
  when: 'before' | 'after',
): Promise<readonly string[]> {
  const done: string[] = [];
  for (const command of component.setup(options, site.place)) {
    if (command.when !== when) continue;
    const user = runAs(command.as, component, site.place) ?? site.everybody;
    const given = { ...(user && { user }), ...(command.environment && { environment: command.environment }) };
    if ((await run(command.unless, given)).code === 0) continue;
    const result = await run(command.run, { ...given, ...(command.input !== undefined && { input: command.input }) });
    if (result.code !== 0) throw new Error(`${command.title}: exit ${result.code}\n${result.stdout}${result.stderr}`);
    if ((await run(command.unless, given)).code !== 0) throw new Error(`${command.title}: done, and yet not so`);
    done.push(command.title);
  }
  return done;
}

/** A component of the list with options as it completes them. */
export function used(
  name: string,
  options: unknown = {},
): { readonly component: Component; readonly options: unknown } {
  const component = allComponents.find((each) => each.name === name);
  if (!component) throw new Error(`there is no component ${name}`);
  return { component, options: component.options.parse(options) };
}
