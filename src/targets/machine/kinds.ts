import { basename } from 'node:path/posix';

import { buildPart } from '../../build/fingerprint.ts';
import type { Kinds } from '../../plan/plan.ts';
import type { Change, Resource, ResourceKind } from './resource.ts';

/** How each kind of a machine's resources is planned and what it is called. Never removed: folders, users, packages, releases. */
export const machineKinds: Kinds<Resource> = {
  package: { title: ({ wanted }) => `Debian package ${wanted.name}`, isRemovable: false },
  user: { title: ({ wanted }) => `system user ${wanted.name}`, isRemovable: false },
  group: { title: ({ wanted }) => `system group ${wanted.name}`, isRemovable: false },
  folder: { title: ({ wanted }) => `folder ${wanted.path}`, isRemovable: false },
  file: {
    title: ({ wanted }) => (wanted.edge ? `edge file ${basename(wanted.path)}` : `file ${wanted.path}`),
    comparable: ({ wanted }) => (wanted.secret ? { ...wanted, content: '' } : wanted),
    isRemovable: true,
  },
  certificate: {
    title: ({ wanted }) => `certificate for ${wanted.domains.join(', ')}`,
    isRemovable: true,
    isReplaced: true,
  },
  command: {
    title: ({ wanted }) => wanted.title,
    comparable: ({ wanted }) => ({
      ...wanted,
      input: wanted.input === undefined ? undefined : '',
      environment: Object.keys(wanted.environment ?? {}).toSorted(),
    }),
    isRemovable: false,
  },
  release: {
    title: ({ wanted }) => `release of ${wanted.site}`,
    // The half behind the point is of variables, generated secrets among them; that it differs, the observation tells.
    comparable: ({ wanted }) => ({ ...wanted, fingerprint: buildPart(wanted.fingerprint) }),
    isRemovable: false,
    isReplaced: true,
    isGround: true,
  },
  service: {
    title: ({ wanted }) =>
      wanted.group === 'edge' ? `service ${wanted.name} of the whole host` : `service ${wanted.name}`,
    comparable: ({ wanted }) => ({ ...wanted, environment: Object.keys(wanted.environment).toSorted() }),
    isRemovable: true,
  },
};

const plurals: Readonly<Record<ResourceKind, string>> = {
  package: 'Debian packages',
  user: 'system users',
  group: 'system groups',
  folder: 'folders',
  file: 'files',
  certificate: 'certificates',
  command: 'set-up commands',
  release: 'releases',
  service: 'services',
};

/** What several changes of one kind are called together: `3 Debian packages: git, postgresql, redis`. One alone keeps its title. */
export function titleOfMany(
  changes: readonly [Pick<Change, 'kind' | 'id' | 'title'>, ...Pick<Change, 'kind' | 'id' | 'title'>[]],
): string {
  const [first, ...rest] = changes;
  if (rest.length === 0) return first.title;
  const names = changes.map((change) => change.id.slice(change.kind.length + 1));
  const listed =
    first.kind === 'package' || first.kind === 'user' || first.kind === 'service'
      ? `: ${names.map((name) => name.split('/').at(-1) ?? name).join(', ')}`
      : '';
  return `${changes.length} ${first.title.startsWith('edge file') ? 'edge files' : plurals[first.kind]}${listed}`;
}
