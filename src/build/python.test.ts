import { describe, expect, it } from 'vitest';

import {
  choosePython,
  otherPythonNote,
  type ChosenPython,
  type FoundPython,
  seriesOf,
  seriesToInstall,
  tellPython,
} from './python.ts';

const pythons = '/var/lib/roadie/tools/pythons';
/** The distribution's. */
const at = (version: string): FoundPython => ({
  path: `/usr/bin/python${seriesOf(version)}`,
  version,
  shared: true,
  prefix: '/usr',
});
const below = (folder: string, version: string, shared: boolean): FoundPython => ({
  path: `${folder}/bin/python${seriesOf(version)}`,
  version,
  shared,
  prefix: folder,
});
const optional = (version: string): FoundPython => below(`/opt/python-${version}`, version, true);
const ownersOnly = (version: string): FoundPython => below(`/root/.pyenv/versions/${version}`, version, false);
const provided = (version: string): FoundPython => below(`${pythons}/${version}`, version, true);

type Range = { readonly requires: string; readonly preferred?: string };

const choice = (wanted: Range, found: readonly FoundPython[], current?: string): ChosenPython | string => {
  const result = choosePython(wanted, { found, pythons, current });
  return result.ok ? result.value : result.problems[0].code;
};
const version = (wanted: Range, found: readonly FoundPython[], current?: string): string => {
  const chosen = choice(wanted, found, current);
  return typeof chosen === 'string' ? chosen : chosen.version;
};

describe('the choice of a Python', () => {
  it("takes the distribution's where nothing is said, else the first", () => {
    expect(version({ requires: '' }, [optional('3.13.1'), at('3.11.2')])).toBe('3.11.2');
    expect(version({ requires: '>=3.12' }, [optional('3.13.1'), at('3.11.2')])).toBe('3.13.1');
  });

  it('holds a range for a law', () => {
    expect(version({ requires: '>=3.12' }, [at('3.11.2'), at('3.13.1')])).toBe('3.13.1');
    expect(version({ requires: '>=3.12', preferred: '3.11.2' }, [at('3.11.2'), at('3.13.1')])).toBe('3.13.1');
  });

  it('holds a pin for a preference: that version, else its series, else another', () => {
    expect(version({ requires: '', preferred: '3.13.0' }, [at('3.11.2'), optional('3.13.1'), at('3.13.0')])).toBe(
      '3.13.0',
    );
    expect(version({ requires: '', preferred: '3.13.9' }, [at('3.11.2'), optional('3.13.1')])).toBe('3.13.1');
    expect(version({ requires: '', preferred: '3.9.1' }, [at('3.11.2')])).toBe('3.11.2');
  });

  it('copies one that only its owner may run, where no other fits', () => {
    expect(choice({ requires: '>=3.12' }, [ownersOnly('3.13.0'), at('3.11.2')])).toEqual({
      path: `${pythons}/3.13.0/bin/python3.13`,
      version: '3.13.0',
      provide: { kind: 'copy', from: '/root/.pyenv/versions/3.13.0' },
    });
    expect(version({ requires: '>=3.11' }, [ownersOnly('3.13.0'), at('3.11.2')])).toBe('3.11.2');
  });

  it('copies one of the pinned series rather than take one of another, but no older patch of one that is there', () => {
    expect(version({ requires: '', preferred: '3.12.1' }, [ownersOnly('3.12.1'), at('3.11.2')])).toBe('3.12.1');
    expect(version({ requires: '', preferred: '3.12.1' }, [ownersOnly('3.12.1'), at('3.12.7')])).toBe('3.12.7');
  });

  it('takes the copy by the same path once it is there', () => {
    const first = choice({ requires: '>=3.12' }, [ownersOnly('3.13.0'), at('3.11.2')]);
    const second = choice({ requires: '>=3.12' }, [provided('3.13.0'), ownersOnly('3.13.0'), at('3.11.2')]);
    expect(second).toEqual({ path: `${pythons}/3.13.0/bin/python3.13`, version: '3.13.0' });
    expect(first).toMatchObject({ path: `${pythons}/3.13.0/bin/python3.13` });
  });

  it('never copies a folder that holds more than a Python', () => {
    const odd = (prefix: string): FoundPython => ({ ...below(prefix, '3.13.0', false), prefix });
    for (const prefix of ['/', '/usr', '/usr/local', '/root'])
      expect(choice({ requires: '==3.13.*' }, [odd(prefix)])).toMatchObject({ provide: { kind: 'download' } });
  });

  it('has uv download one where none is there, into a place that can be named beforehand', () => {
    expect(choice({ requires: '>=3.12,<3.13' }, [at('3.11.2'), optional('3.13.1')])).toEqual({
      path: `${pythons}/3.12/bin/python3.12`,
      version: '3.12',
      provide: { kind: 'download', series: '3.12' },
    });
    expect(choice({ requires: '>=3.12,<3.13' }, [below(`${pythons}/3.12`, '3.12.9', true), at('3.11.2')])).toEqual({
      path: `${pythons}/3.12/bin/python3.12`,
      version: '3.12.9',
    });
  });

  it('stays with the one in use where another is no better', () => {
    const found = [optional('3.14.0'), provided('3.13.0')];
    expect(version({ requires: '>=3.12' }, found)).toBe('3.14.0');
    expect(version({ requires: '>=3.12' }, found, `${pythons}/3.13.0/bin/python3.13`)).toBe('3.13.0');
    expect(version({ requires: '>=3.14' }, found, `${pythons}/3.13.0/bin/python3.13`)).toBe('3.14.0');
    expect(version({ requires: '' }, [at('3.13.5'), at('3.11.2')], '/usr/bin/python3.11')).toBe('3.11.2');
  });

  it("leaves the one in use for the distribution's, which gets security updates", () => {
    const current = `${pythons}/3.13.0/bin/python3.13`;
    expect(version({ requires: '>=3.12' }, [at('3.13.5'), provided('3.13.0')], current)).toBe('3.13.5');
  });

  it.each(['<3.8', '==2.7.*', '>=4'])('refuses a project that needs %s, which no installation cures', (requires) => {
    expect(choice({ requires }, [at('3.11.2'), at('3.6.15'), ownersOnly('3.7.1')])).toBe('python-unsupported');
  });

  it('would install the preferred series where the range allows it, else the newest of the range', () => {
    expect(seriesToInstall({ requires: '>=3.10', preferred: '3.12.1' })).toBe('3.12');
    expect(seriesToInstall({ requires: '>=3.10,<3.13', preferred: '3.9' })).toBe('3.12');
    expect(seriesToInstall({ requires: '<3.7' })).toBeUndefined();
  });

  it('is told with where the Python comes from', () => {
    const told = (wanted: Range, found: readonly FoundPython[]): string => {
      const chosen = choice(wanted, found);
      return typeof chosen === 'string' ? chosen : tellPython(chosen);
    };
    expect(told({ requires: '' }, [at('3.11.2')])).toBe('Python 3.11.2 (/usr/bin/python3.11)');
    expect(told({ requires: '>=3.12' }, [ownersOnly('3.13.0')])).toBe(
      'Python 3.13.0, copied from /root/.pyenv/versions/3.13.0, since only its owner may run that one',
    );
    expect(told({ requires: '>=3.12' }, [at('3.11.2')])).toBe(
      'Python 3.14, downloaded by uv, since none on this machine fits',
    );
  });
});

describe('a Python that is not the one which the project names', () => {
  const wanted = (preferred: string) => ({
    value: { requires: '>=3.10', preferred, preferredBecause: { says: `Python ${preferred} in Dockerfile` } },
    because: { says: 'requires-python >=3.10 in pyproject.toml' },
  });

  it('is said, with where it stands and how to get that one', () => {
    expect(otherPythonNote(wanted('3.14'), { path: '/usr/bin/python3.13', version: '3.13.5' })?.says).toBe(
      'Python 3.14 in Dockerfile is not on this machine: Python 3.13 is taken, which nothing in the project forbids; write `python = "3.14"` into roadie.toml to have uv download it',
    );
  });

  it('is not another patch of the same, and nothing where nothing is named', () => {
    const chosen = { path: '/usr/bin/python3.13', version: '3.13.5' };
    expect(otherPythonNote(wanted('3.13.1'), chosen)).toBeUndefined();
    expect(otherPythonNote({ value: { requires: '>=3.10' }, because: { says: '' } }, chosen)).toBeUndefined();
  });
});
