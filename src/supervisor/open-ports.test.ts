import { describe, expect, test } from 'vitest';

import {
  attribute,
  distinct,
  isAllowed,
  openedBy,
  type OpenPort,
  openPortProblem,
  portCure,
  type PortOwner,
  type ProcessView,
} from './open-ports.ts';
import type { RunAs } from '../services/service.ts';

const ada: RunAs = { name: 'roadie-ada', uid: 990, gid: 990 };
const postgres: RunAs = { name: 'postgres', uid: 105, gid: 990 };
const owner = (name: string, roots: readonly number[], more: Partial<PortOwner['spec']> = {}): PortOwner => ({
  group: 'ada',
  spec: { name, sockets: [], user: ada, ...more },
  roots,
});
const socket = (pid: number, uid: number, port = 8000) => ({
  address: '0.0.0.0',
  port,
  uid,
  inode: `${pid}${port}`,
  pid,
  program: 'python',
});
const trees: Readonly<Record<number, readonly number[]>> = { 10: [10, 11], 20: [20] };
const view: ProcessView = {
  tree: (root) => trees[root] ?? [],
  mark: (pid) => (pid === 77 ? { group: 'ada', service: 'worker' } : undefined),
};
const owners = [owner('web', [10, 20]), owner('worker', []), owner('postgresql', [], { user: postgres })];

describe('whose a socket is', () => {
  test('the process tree decides, then the mark, then the user that is the site alone', () => {
    const found = attribute([socket(11, 990), socket(77, 990), socket(500, 990)], owners, view);
    expect(found.map(({ service, root }) => [service, root])).toEqual([
      ['web', 10],
      ['worker', undefined],
      [undefined, undefined],
    ]);
    expect(found.every(({ group }) => group === 'ada')).toBe(true);
  });

  test("a package's user runs other people's servers as well", () => {
    expect(attribute([socket(600, 105, 5432)], owners, view)).toEqual([]);
    const data = [owner('postgresql', [20], { user: postgres })];
    expect(attribute([socket(20, 105, 5432)], data, view)).toMatchObject([{ service: 'postgresql', root: 20 }]);
  });

  test("without users of their own, the owner's other programs are not the site's", () => {
    const plain: PortOwner = { group: 'ada', spec: { name: 'web', sockets: [] }, roots: [10] };
    expect(attribute([socket(10, 1000), socket(300, 1000)], [plain], view)).toHaveLength(1);
  });

  test('what is handed its ports by the supervisor is not looked at', () => {
    const edge = owner('nginx', [10], { sockets: [{ kind: 'tcp', host: '0.0.0.0', port: 443 }] });
    expect(attribute([socket(10, 990, 443)], [edge], view)).toEqual([]);
  });
});

describe('what a new process has opened', () => {
  const port = (more: Partial<OpenPort>): OpenPort => ({ ...socket(1, 990), group: 'ada', ...more });

  test('is what its own tree holds, and what nobody held before', () => {
    const found = [
      port({ root: 20, service: 'web', inode: 'its' }),
      port({ root: 10, service: 'web', inode: 'old' }),
      port({ inode: 'stray' }),
      port({ inode: 'known' }),
      port({ service: 'worker', inode: 'elsewhere' }),
    ];
    const opened = openedBy({ root: 20, service: 'web' }, found, new Set(['known', 'its']));
    expect(opened.map(({ inode }) => inode)).toEqual(['its', 'stray']);
  });

  test('may be what its service allows, not what another does', () => {
    const allowing = [owner('web', [10], { listen: [8883] }), owner('web', [20]), owner('postgresql', [])];
    expect(isAllowed(port({ service: 'web', port: 8883 }), allowing)).toBe(true);
    expect(isAllowed(port({ port: 8883 }), allowing)).toBe(true);
    // Of two processes of a service, each may what it was started with.
    expect(isAllowed(port({ service: 'web', root: 10, port: 8883 }), allowing)).toBe(true);
    expect(isAllowed(port({ service: 'web', root: 20, port: 8883 }), allowing)).toBe(false);
    expect(isAllowed(port({ service: 'web', port: 8884 }), allowing)).toBe(false);
    expect(isAllowed(port({ service: 'postgresql', port: 8883 }), allowing)).toBe(false);
    expect(isAllowed(port({ group: 'bob', port: 8883 }), allowing)).toBe(false);
  });

  test('is told with the process, each address once, and with what to write', () => {
    const two = [port({ service: 'web', pid: 5 }), port({ service: 'web', pid: 6 }), port({ port: 8001 })];
    expect(distinct(two).map(({ pid }) => pid)).toEqual([5, 1]);
    const problem = openPortProblem(two);
    expect(problem?.summary).toBe('The release listens for everybody on 0.0.0.0:8000: python (pid 5, web)');
    expect(problem?.detail).toContain('and on 0.0.0.0:8001: python (pid 1)');
    expect(problem?.cure.at(-1)).toBe('listen = [8000, 8001]');
    expect(openPortProblem([])).toBeUndefined();
    // A site has no right to such a port, so there is nothing to allow.
    expect(portCure([{ port: 80 }])).toHaveLength(1);
  });
});
