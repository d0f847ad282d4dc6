import { join } from 'node:path';

import type { Blueprint } from '../blueprint/blueprint.ts';
import type { BakeLimits, ReleaseRecord, SiteRecord } from '../sites/record.ts';
import type { Place } from '../components/place.ts';
import { certificatePaths, ensureCertificate, inspectCertificate } from '../certificates/ensure.ts';
import type { Layout } from '../machine/layout.ts';
import { removeTree } from '../machine/files/tree.ts';
import { pointLink } from '../machine/files/links.ts';
import { buildRelease, pythonFilesHash } from '../build/build.ts';
import { fingerprint } from '../build/fingerprint.ts';
import { type ChosenPython, tellPython } from '../build/python.ts';

import type { GroupSpec } from '../services/service.ts';
import {
  type Door,
  edgeOfBlueprint,
  edgeOfGroup,
  type MachineInput,
  survey,
  wantedHere,
} from '../targets/machine/index.ts';
import type { JobContext } from './context.ts';
import { edgeDoor } from './edge-door.ts';
import type { ReadProject } from './read-project.ts';
import { writeBlueprint } from '../sites/releases.ts';
import { components, connectionsOf } from './site-design.ts';
import { watchOver } from '../deploy/way-back.ts';

/** The machine target's door for one site, with the site's record as far as it has come. */
export type SiteDoor = Door & {
  readonly layout: Layout;
  record(): SiteRecord;
  save(record: SiteRecord): Promise<void>;
};

/** What a door is for. */
export type DoorInput = {
  readonly record: SiteRecord;
  readonly blueprint: Blueprint;
  /** The other sites of this host. */
  readonly others: readonly SiteRecord[];
  /** What a release would be built from; absent where none is to be built. */
  readonly build?: { readonly python: ChosenPython; readonly project: ReadProject };
  readonly bake: BakeLimits;
};

/**
 * Wires what the machine target leaves to others: state files, the daemon, certificates, the release's build. Each writes the
 * record as soon as its part is true, so that a kill loses nothing.
 */
export async function siteDoor(design: DoorInput, context: JobContext): Promise<SiteDoor> {
  const { layout, records, daemon } = context;
  const { blueprint } = design;
  const site = blueprint.site;
  let record = design.record;
  const save = async (next: SiteRecord): Promise<void> => {
    await records.write(next);
    record = next;
  };
  const pythonFiles = await pythonFilesHash();
  const releaseFingerprint = (place: Place): string => {
    // Without a build in sight the release that is there is the one that is wanted.
    if (!design.build) return record.built?.fingerprint ?? '';
    const { python } = design.build;
    return fingerprint({ blueprint, place, connections: connectionsOf(blueprint, place), python, pythonFiles });
  };
  const machine: MachineInput = {
    blueprint,
    layout,
    components,
    secrets: record.secrets,
    others: design.others,
    runningEdge: async () => edgeOfGroup(await records.readEdge())?.name,
    releaseFingerprint,
    ...(design.build && { builtWith: tellPython(design.build.python) }),
  };
  const surveyed = () =>
    survey({
      layout,
      site,
      domains: blueprint.domains,
      ports: blueprint.ports,
      secrets: record.secrets,
      components,
      ...(blueprint.bounds && { wishes: blueprint.bounds }),
    });
  const { place: firstPlace } = await surveyed();
  const current = join(firstPlace.folders.site, 'current');

  /** A group whose services did not become ready is put back as it was: what served before is what the daemon keeps true. */
  async function reconcile(group: GroupSpec): Promise<void> {
    const before = group.group === 'edge' ? await records.readEdge() : record.group;
    const write = async (spec: GroupSpec): Promise<void> =>
      group.group === 'edge' ? records.writeEdge(spec) : save({ ...record, group: spec });
    const runs = group.services.find((service) => service.release !== undefined)?.release;
    const comes = group.group === site && record.built?.id === runs ? record.built : undefined;
    // Its static files come first: they hold those of the release before as well, and its pages ask for its own.
    if (comes) await pointLink(current, join('releases', comes.id));
    await write(group);
    try {
      // The release that is left stays warm for as long as the new one is watched.
      await daemon.reconcile(group.group, { keepSeconds: comes ? design.bake.seconds : 0 });
    } catch (error) {
      if (before && record.release) {
        await write(before);
        if (comes) await pointLink(current, join('releases', record.release.id));
        await daemon.reconcile(group.group).catch(() => undefined);
      }
      throw error;
    }
    if (comes) await goLive(comes);
  }

  /** Whether visitors have met errors of the release that is left, while it was watched. */
  async function isDoubted(): Promise<boolean> {
    return record.bake !== undefined && (await daemon.releases(site)).bake?.doubt != null;
  }

  /** From here on the record names the release that serves; the one before it is the way back while the new one is watched. */
  async function goLive(release: ReleaseRecord): Promise<void> {
    const previous = record.release?.id;
    // Not before: what never went live is nothing to go back to.
    await writeBlueprint(release, blueprint);
    if (previous === release.id) return save({ ...record, release, blueprint });
    const bake = watchOver(release.id, record, design.bake, Date.now(), await isDoubted());
    const { bake: _, ...rest } = record;
    await save({ ...rest, release, blueprint, ...(bake && { bake }) });
    context.emit({ type: 'release-switched', site, release: release.id, ...(previous !== undefined && { previous }) });
  }

  return {
    layout,
    job: context.id,
    ...edgeDoor(site, edgeOfBlueprint(blueprint), context),
    record: () => record,
    save,
    recorded: (group) => (group === 'edge' ? records.readEdge() : Promise.resolve(record.group)),
    reconcile,
    currentRelease: () => Promise.resolve(record.built ?? record.release),
    async buildRelease(resource) {
      if (!design.build) throw new Error('a release is to be built, and nobody said from what');
      const { python, project } = design.build;
      const { place } = await surveyed();
      const release = await buildRelease(
        {
          blueprint,
          place,
          connections: connectionsOf(blueprint, place),
          python,
          sourceFolder: project.folder,
          fingerprint: resource.wanted.fingerprint,
          previous: record.built ?? record.release,
        },
        {
          job: context.id,
          emit: context.emit,
          now: () => new Date(),
          tools: layout.tools,
          network: context.network,
          confiner: context.confiner,
        },
      );
      await save({ ...record, built: release, blueprint });
      return release;
    },
    certificates: {
      async observe({ wanted }) {
        const found = await inspectCertificate({ layout, site: wanted.site, domains: wanted.domains, now: new Date() });
        if (!found.existing) return { state: 'absent' };
        return found.needed ? { state: 'different', how: found.because } : { state: 'same' };
      },
      async issue({ wanted }) {
        await ensureCertificate({ layout, site: wanted.site, domains: nonEmpty(wanted.domains), now: new Date() });
      },
      async remove() {
        await removeTree(join(certificatePaths(layout.edge, site).chain, '..'));
      },
    },
    wanted: (release) => wantedHere(machine, release),
  };
}

function nonEmpty(list: readonly string[]): [string, ...string[]] {
  const [first, ...rest] = list;
  if (first === undefined) throw new Error('a certificate without a domain');
  return [first, ...rest];
}
