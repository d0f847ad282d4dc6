import { expect, test } from 'vitest';

import { fillExample } from './fill-example.ts';

const filling = {
  secret: (name: string) => `secret-of-${name}`.padEnd(64, '0'),
  domains: ['shop.example', 'www.shop.example'],
};

test('a secret key is filled in, whatever the example has for it', () => {
  for (const value of ["''", '"<your key>"', "'django-insecure-abc'", "'change me'  # at least 50 characters"]) {
    const { text, filled } = fillExample(`import os\nSECRET_KEY = ${value}\n`, filling);
    expect(text).toMatch(/^import os\nSECRET_KEY = 'secret-of-SECRET_KEY0{44}'( {2}# at least 50 characters)?\n$/);
    expect(filled).toEqual([{ name: 'SECRET_KEY', line: 2 }]);
  }
});

test('hosts are filled in where the example names none of anybody', () => {
  for (const value of ['[]', "['*.example.com']".replace('*.', ''), "['localhost', '127.0.0.1']", "['']", '()'])
    expect(fillExample(`ALLOWED_HOSTS = ${value}`, filling).text).toBe(
      'ALLOWED_HOSTS = ["shop.example","www.shop.example"]',
    );
  expect(fillExample("ALLOWED_HOSTS = ['*']", filling).filled).toEqual([]);
  expect(fillExample("ALLOWED_HOSTS = ['shop.org']", filling).filled).toEqual([]);
  expect(fillExample('ALLOWED_HOSTS = HOSTS + [', filling).filled).toEqual([]);
});

test('what computes its value, or is not at the top, stays as it is', () => {
  const text = 'SECRET_KEY = os.environ["KEY"]\nif x:\n    SECRET_KEY = ""\nDEBUG = True\n';
  expect(fillExample(text, filling)).toEqual({ text, filled: [], left: [] });
});

test('what only the owner knows is told and left', () => {
  const { text, left } = fillExample("STRIPE_TOKEN = '<your token>'\nNAME = 'My shop'\nMAIL = 'change-me'\n", filling);
  expect(text).toContain("'<your token>'");
  expect(left).toEqual([
    { name: 'STRIPE_TOKEN', line: 1, placeholder: '<your token>' },
    { name: 'MAIL', line: 3, placeholder: 'change-me' },
  ]);
});

test('an annotation and Windows line ends are no obstacle', () => {
  expect(fillExample("SECRET_KEY: str = ''\r\nA = 1\r\n", filling).text).toMatch(/^SECRET_KEY: str = 'secret/);
});
