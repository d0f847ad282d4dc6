import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isEmpty, makePlan } from '../../plan/diff.ts';
import type { Observed } from '../../plan/plan.ts';
import { machineKinds } from './kinds.ts';
import type { Resource } from './resource.ts';

const because = 'the test wants it';
const pack = (name: string): Resource => ({ kind: 'package', id: `package:${name}`, because, wanted: { name } });
const folder = (path: string): Resource => ({
  kind: 'folder',
  id: `folder:${path}`,
  because,
  wanted: { path, mode: 0o755 },
});
const file = (path: string, content = '', secret = false): Resource => ({
  kind: 'file',
  id: `file:${path}`,
  because,
  wanted: { path, content, mode: 0o644, secret, edge: false },
});
const user = (name: string): Resource => ({ kind: 'user', id: `user:${name}`, because, wanted: { name, home: '/' } });
const certificate = (site: string): Resource => ({
  kind: 'certificate',
  id: `certificate:${site}`,
  because,
  wanted: { site, domains: [`${site}.localhost`] },
});
const release: Extract<Resource, { kind: 'release' }> = {
  kind: 'release',
  id: 'release:boards',
  because,
  wanted: { site: 'boards', fingerprint: 'f' },
};

const same = (resource: Resource): Observed => ({ id: resource.id, state: 'same' });
const absent = (resource: Resource): Observed => ({ id: resource.id, state: 'absent' });
const different = (resource: Resource, how = 'mode'): Observed => ({ id: resource.id, state: 'different', how });

const anyResource = fc.oneof(
  fc.constantFrom('nginx', 'git', 'redis').map(pack),
  fc.constantFrom('/a', '/b', '/c').map(folder),
  fc.constantFrom('/a/1', '/b/2', '/c/3').map((path) => file(path)),
  fc.constantFrom('one', 'two').map(user),
  fc.constantFrom('one', 'two').map(certificate),
  fc.constant(release),
);
const anyResources = fc.uniqueArray(anyResource, { selector: (resource) => resource.id, maxLength: 12 });
const anyState = fc.constantFrom(same, absent, different);
const anySituation = anyResources.chain((wanted) =>
  fc.record({
    wanted: fc.constant(wanted),
    observed: fc.tuple<Observed[]>(...wanted.map((resource) => anyState.map((state) => state(resource)))),
  }),
);

describe('makePlan', () => {
  it('creates what is absent, updates what differs with how, and keeps the rest, in the order of what is wanted', () => {
    const wanted = [pack('nginx'), folder('/a'), file('/a/1')];
    const plan = makePlan(machineKinds, 'boards', wanted, [
      same(pack('nginx')),
      different(folder('/a'), 'mode 0700 should be 0755'),
      absent(file('/a/1')),
    ]);
    expect(plan.changes.map(({ action, id, how }) => [action, id, how])).toEqual([
      ['keep', 'package:nginx', undefined],
      ['update', 'folder:/a', 'mode 0700 should be 0755'],
      ['create', 'file:/a/1', undefined],
    ]);
  });

  it('is empty exactly where everything is as wanted', () => {
    fc.assert(
      fc.property(anySituation, ({ wanted, observed }) => {
        const plan = makePlan(machineKinds, 'boards', wanted, observed);
        expect(isEmpty(plan)).toBe(observed.every((answer) => answer.state === 'same'));
      }),
    );
  });

  it('has one change for each wanted resource, in their order', () => {
    fc.assert(
      fc.property(anySituation, ({ wanted, observed }) => {
        expect(makePlan(machineKinds, 'boards', wanted, observed).changes.map((change) => change.id)).toEqual(
          wanted.map((resource) => resource.id),
        );
      }),
    );
  });

  it('does not depend on the order of the observations', () => {
    fc.assert(
      fc.property(anySituation, ({ wanted, observed }) => {
        expect(makePlan(machineKinds, 'boards', wanted, observed.toReversed())).toEqual(
          makePlan(machineKinds, 'boards', wanted, observed),
        );
      }),
    );
  });

  it('removes only what can be made again, last made first, and nothing that is wanted', () => {
    fc.assert(
      fc.property(anySituation, anyResources, ({ wanted, observed }, had) => {
        const plan = makePlan(
          machineKinds,
          'boards',
          wanted,
          [...observed, ...had.filter((resource) => !wanted.some(({ id }) => id === resource.id)).map(same)],
          { had },
        );
        const removed = plan.changes.filter((change) => change.action === 'remove');
        const expected = had.filter(
          ({ id, kind }) =>
            !wanted.some((resource) => resource.id === id) &&
            (kind === 'file' || kind === 'certificate' || kind === 'service'),
        );
        expect(removed.map((change) => change.id)).toEqual(expected.map((resource) => resource.id).toReversed());
        expect(plan.changes.slice(plan.changes.length - removed.length)).toEqual(removed);
      }),
    );
  });

  it('does not remove what is gone already', () => {
    expect(isEmpty(makePlan(machineKinds, 'boards', [], [absent(file('/a/1'))], { had: [file('/a/1')] }))).toBe(true);
  });

  it('leaves for later what stands behind a release that is to be built', () => {
    const plan = makePlan(
      machineKinds,
      'boards',
      [folder('/a'), release, file('/a/1'), file('/b/2')],
      [same(folder('/a')), different(release), same(file('/a/1')), different(file('/b/2'))],
    );
    expect(plan.changes.map((change) => change.action)).toEqual(['keep', 'replace', 'later', 'update']);
  });

  it('names what cannot be told before the first release', () => {
    const later = [{ kind: 'service' as const, id: 'service:boards/web', title: 'service web', because }];
    const plan = makePlan<Resource>(machineKinds, 'boards', [release], [absent(release)], { later });
    expect(plan.changes.at(-1)).toMatchObject({ action: 'later', id: 'service:boards/web' });
    expect(isEmpty(plan)).toBe(false);
  });

  it('throws for a resource that nobody looked at, and for one that is wanted twice', () => {
    expect(() => makePlan(machineKinds, 'boards', [folder('/a')], [])).toThrow('nothing was observed for folder:/a');
    expect(() => makePlan(machineKinds, 'boards', [folder('/a'), folder('/a')], [same(folder('/a'))])).toThrow(
      'wanted twice',
    );
  });
});

describe('the fingerprint', () => {
  it('is the same for the same situation and another for any other observation', () => {
    fc.assert(
      fc.property(anySituation, anySituation, (one, other) => {
        const equal = JSON.stringify([one.wanted, one.observed]) === JSON.stringify([other.wanted, other.observed]);
        expect(
          makePlan(machineKinds, 'boards', one.wanted, one.observed).fingerprint ===
            makePlan(machineKinds, 'boards', other.wanted, other.observed).fingerprint,
        ).toBe(equal);
      }),
    );
  });

  it('moves with the content of a file that is to be written', () => {
    const print = (content: string): string =>
      makePlan(machineKinds, 'boards', [file('/a/1', content)], [absent(file('/a/1'))]).fingerprint;
    expect(print('one')).not.toBe(print('two'));
  });

  it('does not depend on generated secrets', () => {
    const print = (content: string): string =>
      makePlan(machineKinds, 'boards', [file('/a/1', content, true)], [absent(file('/a/1'))]).fingerprint;
    expect(print('one')).toBe(print('two'));
    const build = (fingerprint: string): string =>
      makePlan(machineKinds, 'boards', [{ ...release, wanted: { site: 'boards', fingerprint } }], [absent(release)])
        .fingerprint;
    expect(build('code.variables')).toBe(build('code.others'));
    expect(build('code.variables')).not.toBe(build('other.variables'));
  });
});
