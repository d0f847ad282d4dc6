import type { Resource } from '../../src/targets/machine/resource.ts';
import { standardRestart } from '../../src/components/standard-restart.ts';
import type { ServiceSpec } from '../../src/services/service.ts';
import type { Wanted } from '../../src/targets/machine/resources.ts';
import { emptyWanted } from './machine-target-host.ts';

export const isRoot = process.getuid?.() === 0;
export const because = 'the test wants it';

export const folderResource = (path: string, mode = 0o750): Resource => ({
  kind: 'folder',
  id: `folder:${path}`,
  because,
  wanted: { path, mode, ...(isRoot && { ownership: { uid: 33, gid: 33 } }) },
});
export const fileResource = (
  path: string,
  content: string,
  options: { edge?: boolean; secret?: boolean } = {},
): Resource => ({
  kind: 'file',
  id: `file:${path}`,
  because,
  wanted: {
    path,
    content,
    mode: 0o640,
    secret: options.secret ?? false,
    edge: options.edge ?? false,
    ...(isRoot && { ownership: { uid: 0, gid: 33 } }),
  },
});
export const commandResource = (
  mark: string,
  run: readonly [string, ...string[]] = ['/usr/bin/touch', mark],
): Resource => ({
  kind: 'command',
  id: `command:test/${mark}`,
  because,
  wanted: {
    title: 'the mark',
    because,
    component: 'test',
    unless: ['/usr/bin/test', '-e', mark],
    run,
    as: 'root',
    when: 'before',
  },
});
export const service = (name: string, given: Partial<ServiceSpec> = {}): ServiceSpec => ({
  group: 'boards',
  name,
  command: ['/bin/sleep', '1000'],
  directory: '/',
  environment: {},
  sockets: [],
  passing: 'none',
  after: [],
  readiness: { probe: { kind: 'running', seconds: 1 }, timeoutSeconds: 5 },
  stop: { signal: 'SIGTERM', timeoutSeconds: 5 },
  restart: standardRestart,
  replace: 'restart',
  log: { path: '/dev/null', maxBytes: 1, keep: 0 },
  ...given,
});
export const serviceResource = (spec: ServiceSpec): Resource => ({
  kind: 'service',
  id: `service:${spec.group}/${spec.name}`,
  because,
  wanted: spec,
});
export const wantedOf = (resources: readonly Resource[]): Wanted => {
  const services = resources.flatMap((resource) => (resource.kind === 'service' ? [resource.wanted] : []));
  const group = (name: string) => ({
    group: name,
    folders: [],
    services: services.filter((spec) => spec.group === name),
  });
  return { ...emptyWanted, resources, groups: { site: group('boards'), edge: group('edge') } };
};
