import type { Blueprint } from '../../blueprint/blueprint.ts';
import { connectionsOf } from '../../blueprint/connections.ts';
import { buildRelease, pythonFilesHash } from '../../build/build.ts';
import { fingerprint } from '../../build/fingerprint.ts';
import { type ChosenPython, tellPython } from '../../build/python.ts';
import { siteBounds } from '../../components/bounds.ts';
import { allComponents } from '../../components/index.ts';
import type { Place } from '../../components/place.ts';
import type { OpenRecord } from '../../sites/open-record.ts';
import type { ReleaseRecord, SiteRecord } from '../../sites/record.ts';
import { machineCertificates } from './certificate.ts';
import { edgeOfSite } from './edge-of-site.ts';
import { edgeOfBlueprint, edgeOfGroup } from './edge-parts.ts';
import type { Host, Releases } from './host.ts';
import type { Operation } from './operation.ts';
import type { MadeFile } from './made-files.ts';
import { serviceGroups } from './service-groups.ts';
import { type MachineInput, surveySite, wantedHere } from './survey.ts';

/** The site that a machine is to have. */
export type SiteHere = {
  /** The site's record: each part writes it as soon as it is true, so that a kill loses nothing. */
  readonly record: OpenRecord;
  readonly blueprint: Blueprint;
  /** The other sites of this host, as they are now: while this one is built, others come and go. */
  readonly others: () => Promise<readonly SiteRecord[]>;
  /**
   * What a release would be built from; absent where none is to be built. `folder`: absolute path of the code; `made`: what is made
   * from the project's examples, by the path in the code.
   */
  readonly source?: {
    readonly python: ChosenPython;
    readonly folder: string;
    readonly made?: readonly MadeFile[];
  };
  /** How long a web process that is replaced by another release's is kept ready to come back. Seconds. */
  readonly keepSeconds: number;
};

/** This machine, as a site's resources are looked at and changed on it. */
export async function openHost(site: SiteHere, operation: Operation): Promise<Host> {
  const { blueprint, record, source } = site;
  const { layout } = operation;
  const pythonFiles = source && (await pythonFilesHash());
  const input: MachineInput = {
    blueprint,
    layout,
    components: allComponents,
    domains: record.current.domains,
    ports: record.current.ports,
    secrets: record.current.secrets,
    others: site.others,
    runningEdge: async () => edgeOfGroup(await operation.records.readEdge())?.name,
    releaseFingerprint: (place: Place): string => {
      // Without a source in sight the release that is there is the one that is wanted.
      if (!source || pythonFiles === undefined) return record.current.built?.fingerprint ?? '';
      const connections = connectionsOf(blueprint, place);
      return fingerprint({ blueprint, place, connections, python: source.python, pythonFiles });
    },
    ...(source && { builtWith: tellPython(source.python), made: source.made ?? [] }),
  };
  return {
    ...edgeOfSite(blueprint.site, edgeOfBlueprint(blueprint), operation),
    job: operation.id,
    groups: serviceGroups(site, operation),
    releases: releasesOf(site, input, operation),
    certificates: machineCertificates(layout, blueprint.site),
    wanted: (release) => wantedHere(input, release),
  };
}

function releasesOf({ blueprint, record, source }: SiteHere, input: MachineInput, operation: Operation): Releases {
  return {
    current: () => Promise.resolve(record.current.built ?? record.current.release),
    async build({ wanted }) {
      if (!source) throw new Error('a release is to be built, and nobody said from what');
      const { place } = await surveySite(input);
      const build = (): Promise<ReleaseRecord> =>
        buildRelease(
          {
            blueprint,
            place,
            connections: connectionsOf(blueprint, place),
            python: source.python,
            sourceFolder: source.folder,
            fingerprint: wanted.fingerprint,
            previous: record.current.built ?? record.current.release,
          },
          {
            job: operation.id,
            emit: operation.emit,
            now: () => new Date(),
            tools: operation.layout.tools,
            network: operation.network,
            confiner: operation.confiner,
          },
        );
      const bytes = place.bounds?.buildMemoryBytes ?? siteBounds(place.machine).buildMemoryBytes;
      const release = await (operation.turns ? operation.turns.building(bytes, build) : build());
      await record.save({ ...record.current, built: release, blueprint });
      return release;
    },
  };
}
