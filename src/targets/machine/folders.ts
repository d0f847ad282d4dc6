import { describeFile, ensureFolder } from '../../machine/files/files.ts';
import { processesIn } from '../../machine/processes/end-user.ts';
import { ownerOnly, sealTree } from '../../machine/files/seal.ts';
import { lookupUser } from '../../machine/users/users.ts';
import type { Ownership } from '../../services/ownership.ts';
import { ProblemError } from '../../problems/problem.ts';
import type { Host, Finding, Kind, ResourceOf } from './host.ts';
import { removeServices } from './service.ts';
import { typed } from '../../problems/shell-word.ts';

/** Folders, with owner and mode. Never removed: they hold data. */
export const folderKind: Kind<'folder'> = {
  observe: (resources) => Promise.all(resources.map(async ({ id, wanted }) => ({ id, ...(await compare(wanted)) }))),

  async apply(resources, host) {
    // One after the other: the list has parents before what is in them.
    for (const { wanted } of resources) {
      const found = await describeFile(wanted.path);
      if (found && found.kind !== 'folder') throw new ProblemError(inTheWay(wanted.path, found.kind, 'a folder'));
      if (found && isAnothers(found, wanted)) await takeOver(wanted, host);
      await ensureFolder(wanted.path, { mode: wanted.mode, ownership: wanted.ownership });
      // chown clears the set-group-id bit, and mkdir heeds the umask: look again.
      const after = await describeFile(wanted.path);
      if (after?.mode !== wanted.mode)
        await ensureFolder(wanted.path, { mode: wanted.mode, ownership: wanted.ownership });
    }
  },
};

type Folder = ResourceOf<'folder'>['wanted'];

function isAnothers({ uid }: { readonly uid: number }, { formerOwner, ownership }: Folder): boolean {
  return formerOwner !== undefined && ownership !== undefined && uid !== ownership.uid;
}

/**
 * A data folder that a system user of the package's has made, which all sites have shared, becomes the site's own: its service is
 * stopped, and all in it changes hands. The service starts again where the plan comes to it. Until all is done the folder is
 * root's, so that a job that was killed here is gone on with.
 */
async function takeOver({ path, formerOwner = '', ownership, mode }: Folder, host: Host): Promise<void> {
  const recorded = await host.groups.recorded(host.site);
  const names = (recorded?.services ?? []).filter(({ directory }) => directory === path).map(({ name }) => name);
  await removeServices(host.site, new Set(names), host);
  const [running] = processesIn(path);
  if (running !== undefined)
    throw new ProblemError({
      code: 'service-failed',
      summary: `${path} cannot become the site's own while process ${running} works in it`,
      where: { file: path },
      cure: ['Stop the service, then run the same command again.', `$ roadie stop ${host.site}`],
    });
  const former = await lookupUser(formerOwner);
  if (!ownership) return;
  sealTree(path, {
    from: [...(former ? [former.uid] : []), ownership.uid],
    to: ownership,
    modes: { ...ownerOnly, folder: mode },
    topLast: true,
  });
}

async function compare(wanted: {
  readonly path: string;
  readonly mode: number;
  readonly ownership?: Ownership;
}): Promise<Finding> {
  const found = await describeFile(wanted.path);
  if (!found) return { state: 'absent' };
  const differences = [
    ...(found.kind === 'folder' ? [] : [`a ${found.kind} is in its place`]),
    ...attributeDifferences(found, wanted),
  ];
  return differences.length === 0 ? { state: 'same' } : { state: 'different', how: differences.join(', ') };
}

/** What owner and mode differ in, for people. */
export function attributeDifferences(
  found: { readonly mode: number; readonly uid: number; readonly gid: number },
  wanted: { readonly mode: number; readonly ownership?: Ownership },
): readonly string[] {
  const { ownership } = wanted;
  return [
    ...(found.mode === wanted.mode ? [] : [`mode ${octal(found.mode)} should be ${octal(wanted.mode)}`]),
    ...(ownership === undefined || (found.uid === ownership.uid && found.gid === ownership.gid)
      ? []
      : [`owner ${found.uid}:${found.gid} should be ${ownership.uid}:${ownership.gid}`]),
  ];
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** Something else stands where Roadie wants to put a thing: it is not deleted, for it may be somebody's. */
export function inTheWay(path: string, found: string, wanted: string): ConstructorParameters<typeof ProblemError>[0] {
  return {
    code: 'command-failed',
    summary: `${path} should be ${wanted}, and a ${found} is in its place`,
    where: { file: path },
    cure: [
      'Move it away if it is yours, then run the same command again.',
      `$ mv ${typed(path)} ${typed(`${path}.away`)}`,
    ],
  };
}
