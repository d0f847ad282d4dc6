import { basename } from 'node:path/posix';

import type { Change, Resource, ResourceKind } from './resource.ts';

/** What a resource is called in a plan: `Debian package nginx`, `service web`. */
export function titleOf(resource: Resource): string {
  switch (resource.kind) {
    case 'package':
      return `Debian package ${resource.wanted.name}`;
    case 'user':
      return `system user ${resource.wanted.name}`;
    case 'group':
      return `system group ${resource.wanted.name}`;
    case 'folder':
      return `folder ${resource.wanted.path}`;
    case 'file':
      return resource.wanted.edge ? `NGINX file ${basename(resource.wanted.path)}` : `file ${resource.wanted.path}`;
    case 'certificate':
      return `certificate for ${resource.wanted.domains.join(', ')}`;
    case 'command':
      return resource.wanted.title;
    case 'release':
      return `release of ${resource.wanted.site}`;
    default:
      return resource.wanted.group === 'edge'
        ? `service ${resource.wanted.name} of the whole host`
        : `service ${resource.wanted.name}`;
  }
}

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

/** What several changes of one kind are called together: `3 Debian packages: git, nginx, postgresql`. One alone keeps its title. */
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
  return `${changes.length} ${first.title.startsWith('NGINX file') ? 'NGINX files' : plurals[first.kind]}${listed}`;
}
