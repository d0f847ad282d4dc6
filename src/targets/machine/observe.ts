import type { Observed, Resource, ResourceKind } from './resource.ts';
import { certificateKind } from './certificate.ts';
import { commandKind } from './command.ts';
import type { Host, Kind, ResourceOf } from './host.ts';
import { fileKind } from './files.ts';
import { groupKind } from './groups.ts';
import { folderKind } from './folders.ts';
import { packageKind } from './packages.ts';
import { releaseKind } from './release.ts';
import type { Wanted } from './resources.ts';
import { serviceKind } from './service.ts';
import { userKind } from './users.ts';

const kinds: { readonly [K in ResourceKind]: Kind<K> } = {
  package: packageKind,
  user: userKind,
  group: groupKind,
  folder: folderKind,
  file: fileKind,
  certificate: certificateKind,
  command: commandKind,
  release: releaseKind,
  service: serviceKind,
};

/** What is on the machine for each resource, in their order; all kinds at the same time. Changes nothing. */
export async function observeAll(resources: readonly Resource[], host: Host): Promise<readonly Observed[]> {
  const names = [...new Set(resources.map((resource) => resource.kind))];
  const answers = await Promise.all(names.map((kind) => observeKind(kind, resources, host)));
  const found = new Map(answers.flat().map((answer) => [answer.id, answer]));
  return resources.flatMap((resource) => found.get(resource.id) ?? []);
}

/** Makes resources of one kind what they should be; those that already are must not be among them. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it ties the kind to its resources
export async function applyKind<K extends ResourceKind>(
  kind: K,
  resources: readonly Resource[],
  host: Host,
  wanted: Pick<Wanted, 'groups'>,
): Promise<void> {
  await kinds[kind].apply(ofKind(kind, resources), host, wanted);
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as above
function observeKind<K extends ResourceKind>(
  kind: K,
  resources: readonly Resource[],
  host: Host,
): Promise<readonly Observed[]> {
  return kinds[kind].observe(ofKind(kind, resources), host);
}

function ofKind<K extends ResourceKind>(kind: K, resources: readonly Resource[]): readonly ResourceOf<K>[] {
  return resources.filter((resource): resource is ResourceOf<K> => resource.kind === kind);
}
