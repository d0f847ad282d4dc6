import { describe, expect, it } from 'vitest';

import type { Blueprint } from '../blueprint/blueprint.ts';
import {
  compareFingerprints,
  fingerprint,
  type FingerprintInput,
  releaseId,
  virtualenvFingerprint,
} from './fingerprint.ts';
import { isReleaseId } from '../sites/releases.ts';

const because = { says: 'test' };
const blueprint = {
  site: 'shop',
  domains: ['shop.localhost'],
  source: { kind: 'folder', path: '/srv/shop', revision: 'a'.repeat(40) },
  facts: {
    root: { value: '.', because },
    settingsModule: { value: 'shop.settings', because },
    application: { value: { kind: 'wsgi', module: 'shop.wsgi', name: 'application' }, because },
    releaseCommands: [],
    environment: [],
  },
  dependencies: { kind: 'none' },
  pythonAdditions: [],
  ownerEnvironment: { B: '2', A: '1' },
} as unknown as Blueprint;
const input: FingerprintInput = {
  blueprint,
  place: { domains: ['shop.localhost'], ports: { http: 80, https: 443 }, secrets: { 'secret-key': 'swordfish' } },
  connections: [],
  python: { path: '/usr/bin/python3', version: '3.11.2' },
  pythonFiles: 'p1',
};
const change = (more: Partial<FingerprintInput>) =>
  compareFingerprints(fingerprint(input), fingerprint({ ...input, ...more }));

describe('a fingerprint', () => {
  it('is the same for the same input, whatever the order of the variables', () => {
    expect(change({ blueprint: { ...blueprint, ownerEnvironment: { A: '1', B: '2' } } })).toBe('same');
  });

  it('is the same after a patch of the interpreter, which virtualenvs only link to', () => {
    expect(change({ python: { path: '/usr/bin/python3', version: '3.11.3' } })).toBe('same');
  });

  it('tells a change of the environment from one of the build', () => {
    expect(change({ blueprint: { ...blueprint, ownerEnvironment: { A: '1' } } })).toBe('environment');
    expect(change({ place: { ...input.place, domains: ['other.localhost'] } })).toBe('environment');
    expect(change({ place: { ...input.place, secrets: { 'secret-key': 'other' } } })).toBe('environment');
    expect(
      change({ blueprint: { ...blueprint, source: { kind: 'folder', path: '/srv/shop', revision: 'b'.repeat(40) } } }),
    ).toBe('build');
    expect(change({ blueprint: { ...blueprint, pythonAdditions: [{ requirement: 'gunicorn', because: '' }] } })).toBe(
      'build',
    );
    expect(change({ python: { path: '/usr/bin/python3', version: '3.12.0' } })).toBe('build');
    expect(change({ python: { path: '/opt/bin/python3', version: '3.11.2' } })).toBe('build');
    expect(change({ pythonFiles: 'p2' })).toBe('build');
    expect(compareFingerprints(undefined, fingerprint(input))).toBe('build');
  });

  it('does not depend on where a folder lies', () => {
    expect(
      change({
        blueprint: { ...blueprint, source: { kind: 'folder', path: '/home/me/shop', revision: 'a'.repeat(40) } },
      }),
    ).toBe('same');
  });

  it('shows nothing of the secrets', () => {
    expect(fingerprint(input)).toMatch(/^[0-9a-f]{32}\.[0-9a-f]{32}$/);
  });

  it('of a virtualenv changes with a requirement and not with the order of the files', () => {
    const base = { python: input.python, commands: [], additions: [], installer: 'uv 1' };
    expect(virtualenvFingerprint({ ...base, files: { a: '1', b: '2' } })).toBe(
      virtualenvFingerprint({ ...base, files: { b: '2', a: '1' } }),
    );
    expect(virtualenvFingerprint({ ...base, files: { a: '1' } })).not.toBe(
      virtualenvFingerprint({ ...base, files: { a: '2' } }),
    );
  });
});

describe("a release's name", () => {
  it('begins with the time, so that names sort by it, and ends with the revision', () => {
    expect(releaseId(new Date('2026-11-21T10:15:30.123Z'), '7c2cb3bffff')).toBe('20261121-101530-7c2cb3b');
    expect(isReleaseId('20261121-101530-7c2cb3b')).toBe(true);
    expect(isReleaseId('20261121-101530-7c2cb3b-2')).toBe(true);
    expect(['../etc', '.building-1', '20261121-101530-7c2cb3b/..', 'current'].some(isReleaseId)).toBe(false);
  });
});
