import { expect, test } from 'vitest';

import { demandedVariables } from './demanded.ts';
import type { EnvironmentName, Facts } from '../facts.ts';
import type { EnvironmentRead, ProjectScan } from '../read/scan.ts';

const read = (name: string, certain: boolean): EnvironmentRead => ({
  name,
  reader: 'os.environ',
  required: true,
  certain,
  fallback: null,
  choices: [],
  cast: null,
  separator: null,
  file: 'site/settings.py',
  line: 3,
});

function demanded(files: readonly string[], classes: readonly string[] = []): readonly string[] {
  const environment = [read('PAYMENT_KEY', true), read('PERHAPS', false)];
  const scan = {
    files,
    truncated: false,
    settings: [{ file: 'site/settings.py', module: 'site.settings', base: '.', classes, environment }],
  } as unknown as ProjectScan;
  const known = environment.map(({ name }): EnvironmentName => ({
    name,
    purpose: 'other',
    required: true,
    where: { file: 'site/settings.py' },
  }));
  const because = { says: 'manage.py' };
  const facts = {
    environment: known,
    root: { value: '.', because },
    settingsModule: { value: 'site.settings', because },
  } as unknown as Facts;
  return demandedVariables(scan, facts).map(({ name }) => name);
}

test('what the settings read without a default, whatever happens, is demanded', () => {
  expect(demanded(['manage.py'])).toEqual(['PAYMENT_KEY']);
});

test.each(['.env', 'conf/.env.production', 'settings.ini', 'deploy/app.env', '.secrets.toml'])(
  'nothing is certain where %s may supply it',
  (file) => {
    expect(demanded(['manage.py', file])).toEqual([]);
  },
);

test('a sample of such a file supplies nothing', () => {
  expect(demanded(['.env.example', '.env.sample', 'app.env.dist'])).toEqual(['PAYMENT_KEY']);
});

test('of settings in classes nobody knows which is chosen', () => {
  expect(demanded(['manage.py'], ['Production'])).toEqual([]);
});
