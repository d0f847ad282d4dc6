import { describe, expect, it } from 'vitest';

import type { Source } from '../../blueprint/blueprint.ts';
import { buildBlueprint } from '../../blueprint/build-blueprint.ts';
import type { Config } from '../../config/config.ts';
import type { Facts } from '../../django/facts.ts';
import { must } from '../../problems/problem.ts';
import { fact, sampleFacts } from '../../../test/rig/samples.ts';
import { debianPackages } from './debian-packages.ts';

function packages(facts: Partial<Facts> = {}, source?: Source, config: Config = {}) {
  return debianPackages(
    must(
      buildBlueprint({
        site: 'forum',
        source: source ?? { kind: 'folder', path: '/srv/forum', revision: 'abc' },
        facts: sampleFacts(facts),
        config,
        ownerEnvironment: {},
      }),
    ),
  );
}
const names = (list: ReturnType<typeof packages>) => list.map(({ name }) => name);

describe('what a site needs of Debian', () => {
  it('names each package once, with the reason', () => {
    const systemPackages = [
      { value: 'libxml2-dev', because: { says: 'Aptfile:1' } },
      { value: 'redis-server', because: { says: 'Aptfile:2' } },
    ];
    const list = packages({ redis: fact(true), systemPackages });
    expect(new Set(names(list)).size).toBe(list.length);
    expect(names(list)).toEqual(expect.arrayContaining(['python3-venv', 'redis-server', 'libxml2-dev']));
    expect(list.find(({ name }) => name === 'libxml2-dev')?.because).toBe('Aptfile:1');
    expect(list.every(({ because }) => because !== '')).toBe(true);
  });

  it('needs git only for a repository, and ssh only where it is reached by that', () => {
    const git = (url: string): Source => ({ kind: 'git', url, ref: 'main', subfolder: '', revision: 'abc' });
    expect(names(packages())).not.toContain('git');
    expect(names(packages({}, git('https://example.org/x.git')))).toContain('git');
    expect(names(packages({}, git('https://example.org/x.git')))).not.toContain('openssh-client');
    const followed: Config = { source: { repository: 'git@example.org:x.git' } };
    expect(names(packages({}, undefined, followed))).toEqual(expect.arrayContaining(['git', 'openssh-client']));
  });
});
