import { describe, expect, it } from 'vitest';

import { choosePython, type FoundPython, seriesToInstall } from './python.ts';

const at = (version: string, shared = true): FoundPython => ({ path: `/usr/bin/python${version}`, version, shared });
const chosen = (wanted: { requires: string; preferred?: string }, found: readonly FoundPython[]): string => {
  const result = choosePython(wanted, found);
  return result.ok ? result.value.version : result.problems[0].code;
};

describe('the choice of a Python', () => {
  it("takes the distribution's where nothing is said, else the first", () => {
    expect(chosen({ requires: '' }, [{ ...at('3.13.1'), path: '/opt/python/bin/python3' }, at('3.11.2')])).toBe(
      '3.11.2',
    );
    expect(chosen({ requires: '>=3.12' }, [{ ...at('3.13.1'), path: '/opt/python/bin/python3' }, at('3.11.2')])).toBe(
      '3.13.1',
    );
  });

  it('holds a range for a law', () => {
    expect(chosen({ requires: '>=3.12' }, [at('3.11.2'), at('3.13.1')])).toBe('3.13.1');
    expect(chosen({ requires: '>=3.12,<3.13' }, [at('3.11.2'), at('3.13.1')])).toBe('no-python');
    expect(chosen({ requires: '>=3.12', preferred: '3.11.2' }, [at('3.11.2'), at('3.13.1')])).toBe('3.13.1');
  });

  it('holds a pin for a preference: that version, else its series, else another', () => {
    expect(chosen({ requires: '', preferred: '3.13.0' }, [at('3.11.2'), at('3.13.1'), at('3.13.0')])).toBe('3.13.0');
    expect(chosen({ requires: '', preferred: '3.13.9' }, [at('3.11.2'), at('3.13.1')])).toBe('3.13.1');
    expect(chosen({ requires: '', preferred: '3.9.1' }, [at('3.11.2')])).toBe('3.11.2');
  });

  it('takes none that only its owner may run, and says so', () => {
    const result = choosePython({ requires: '>=3.12' }, [at('3.11.2'), at('3.12.4', false)]);
    expect(result).toMatchObject({
      ok: false,
      problems: [{ code: 'no-python', detail: expect.stringContaining('only its owner may run it') }],
    });
  });

  it('says which Python to install', () => {
    expect(choosePython({ requires: '>=3.12,<3.13' }, [at('3.11.2')])).toMatchObject({
      problems: [{ cure: [expect.stringContaining('python3.12-venv'), expect.any(String)] }],
    });
  });

  it.each(['<3.8', '==2.7.*', '>=4'])('refuses a project that needs %s, which no installation cures', (requires) => {
    expect(chosen({ requires }, [at('3.11.2'), at('3.6.15')])).toBe('python-unsupported');
  });

  it('would install the preferred series where the range allows it, else the newest of the range', () => {
    expect(seriesToInstall({ requires: '>=3.10', preferred: '3.12.1' })).toBe('3.12');
    expect(seriesToInstall({ requires: '>=3.10,<3.13', preferred: '3.9' })).toBe('3.12');
    expect(seriesToInstall({ requires: '<3.7' })).toBeUndefined();
  });
});
