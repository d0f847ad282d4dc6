import { describe, expect, it } from 'vitest';

import {
  explainFailure,
  missingNames,
  missingVariables,
  parseProbe,
  probeMarker,
  type ProbeFailure,
  readProbe,
} from './probe.ts';

const failure: ProbeFailure = {
  type: 'ImproperlyConfigured',
  text: '',
  traceback: '',
  telling: '',
  file: 'blog/settings.py',
  line: 3,
  column: null,
};

describe('the variables that a failure names', () => {
  it.each([
    ['KeyError', "'STRIPE_KEY'", 'STRIPE_KEY'],
    ['ImproperlyConfigured', 'Set the STRIPE_KEY environment variable', 'STRIPE_KEY'],
    ['UndefinedValueError', 'STRIPE_KEY not found. Declare it as envvar or define a default value.', 'STRIPE_KEY'],
    ['EnvError', 'Environment variable "STRIPE_KEY" not set', 'STRIPE_KEY'],
    ['EnvValidationError', 'Environment variable "STRIPE_KEY" invalid: []', undefined],
    ['ImproperlyConfigured', 'STRIPE_KEY environment variable is not set.', 'STRIPE_KEY'],
    ['ImproperlyConfigured', 'Missing required environment variable: STRIPE_KEY', 'STRIPE_KEY'],
    ['ValueError', 'Please set STRIPE_KEY in your environment', 'STRIPE_KEY'],
    ['ValueError', "Value 'STRIPE' is required to be set as the environment variable 'STRIPE_KEY'", 'STRIPE_KEY'],
    ['ValidationError', 'STRIPE_KEY is required in env main', 'STRIPE_KEY'],
    ['ImproperlyConfigured', 'The SECRET_KEY setting must not be empty.', undefined],
    ['ImportError', "No module named 'blog.local'", undefined],
  ])('%s: %s', (type, text, name) => {
    expect(missingNames({ ...failure, type, text, traceback: 'os.environ["STRIPE_KEY"]' })).toEqual(
      name === undefined ? [] : [name],
    );
  });

  it('are none where a KeyError is about some other dictionary', () => {
    expect(missingNames({ ...failure, type: 'KeyError', text: "'NAME'", traceback: 'options["NAME"]' })).toEqual([]);
  });
});

describe('the fields that pydantic misses', () => {
  it('are variables, all at once and without their prefix', () => {
    const text =
      '3 validation errors for AppSettings\nsecret_key\n  Field required [type=missing, input_value={}, input_type=dict]\n    For further information visit https://errors.pydantic.dev/2.13/v/missing\nmail.host\n  Field required [type=missing, input_value={}, input_type=dict]\npage\n  Input should be a valid integer [type=int_parsing]';
    expect(missingNames({ ...failure, type: 'ValidationError', text })).toEqual(['SECRET_KEY', 'MAIL__HOST']);
  });
});

it('names all that environs misses at its end', () => {
  const text =
    "Environment variables invalid: {'API_TOKEN': ['Environment variable not set.'], 'PORT': ['Not a valid integer.'], 'API_KEY': ['Environment variable not set.']}";
  expect(missingNames({ ...failure, type: 'EnvValidationError', text })).toEqual(['API_TOKEN', 'API_KEY']);
});

describe('what the probe answered', () => {
  const answer = (value: object): string => `Loading…\n\n${probeMarker}\n${JSON.stringify({ writes: [], ...value })}\n`;

  it('is a missing variable, to give and to ask again', () => {
    const error = { ...failure, text: 'Set the API_TOKEN environment variable' };
    expect(readProbe(answer({ error }))).toMatchObject({ kind: 'missing', names: ['API_TOKEN'] });
    expect(parseProbe(answer({ error }), '', 'blog')).toMatchObject({
      ok: false,
      problems: [{ code: 'missing-variables' }],
    });
  });

  it('is a failure with its place in the project', () => {
    const error = { ...failure, type: 'ModuleNotFoundError', text: "No module named 'corsheaders'" };
    expect(readProbe(answer({ error }))).toMatchObject({
      kind: 'failed',
      problem: {
        code: 'settings-failed',
        where: { file: 'blog/settings.py', line: 3 },
        cure: [expect.stringContaining('corsheaders')],
      },
    });
  });

  it('is a failure with the last words where the interpreter died', () => {
    expect(readProbe('printed on import\n', 'Fatal Python error')).toMatchObject({
      kind: 'failed',
      problem: { code: 'settings-failed', detail: 'Fatal Python error' },
    });
  });

  it('is not taken from something else that a project prints', () => {
    expect(readProbe(`${probeMarker}\n{"probe": {}}\n`)).toMatchObject({ kind: 'failed' });
  });
});

describe('problems about settings', () => {
  it('tell a syntax error with line and column', () => {
    expect(
      explainFailure({ ...failure, type: 'SyntaxError', text: 'invalid syntax', line: 7, column: 5 }),
    ).toMatchObject({ code: 'settings-syntax-error', where: { file: 'blog/settings.py', line: 7, column: 5 } });
  });

  it('name all missing variables at once, with the line to type', () => {
    expect(missingVariables(['A_KEY', 'B_KEY', 'A_KEY'], 'blog')).toMatchObject({
      code: 'missing-variables',
      summary: expect.stringContaining('A_KEY, B_KEY') as unknown,
      cure: ['$ roadie env set blog A_KEY=… B_KEY=…', expect.any(String)],
    });
  });
});
