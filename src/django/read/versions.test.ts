import { describe, expect, it } from 'vitest';

import { fromPoetry } from './pyproject.ts';
import { parseRequirement } from './requirements-file.ts';
import { parseVersion, satisfies, seriesCanSatisfy } from './versions.ts';

describe('a version', () => {
  it.each([
    ['3.12.1', '>=3.10,<4', true],
    ['3.9.1', '>=3.10', false],
    ['3.11.4', '~=3.10', true],
    ['4.0', '~=3.10', false],
    ['3.10.9', '~=3.10.2', true],
    ['3.11', '~=3.10.2', false],
    ['3.12.4', '==3.12.*', true],
    ['3.12', '!=3.12.*', false],
    ['3.12.1', '>3.12', false],
    ['3.12.1', '', true],
    ['3.11', '^3.10', true],
    ['3.11', 'gibberish', true],
  ])('%s against %s: %s', (version, specifier, holds) => {
    expect(satisfies(parseVersion(version), specifier)).toBe(holds);
  });

  it('of a series can satisfy an exact pin in it', () => {
    expect(seriesCanSatisfy([5, 2], '==5.2.14')).toBe(true);
    expect(seriesCanSatisfy([5, 1], '==5.2.14')).toBe(false);
  });
});

describe("Poetry's notation", () => {
  it.each([
    ['^3.11', '>=3.11,<4'],
    ['^0.2.3', '>=0.2.3,<0.3'],
    ['~3.11', '>=3.11,<3.12'],
    ['3.11', '==3.11.*'],
    ['>=3.9, <4', '>=3.9,<4'],
    ['>=3.9 <4', '>=3.9,<4'],
    ['*', ''],
  ])('%s is %s', (poetry, specifier) => {
    expect(fromPoetry(poetry)).toBe(specifier);
  });
});

describe('a requirement', () => {
  it.each([
    ['Django[argon2] >= 4.2, <5 ; python_version > "3"', { name: 'django', specifier: '>=4.2,<5' }],
    ['psycopg2_binary==2.9', { name: 'psycopg2-binary', specifier: '==2.9' }],
    ['name @ https://example.com/x.whl', { name: 'name', specifier: '' }],
    ['-e git+https://example.com/me/thing.git@main#egg=thing', { name: 'thing', specifier: '' }],
    ['git+https://example.com/me/thing.git@main', { name: 'thing', specifier: '' }],
    ['pywin32; sys_platform == "win32"', undefined],
    ['-i https://example.com/simple', undefined],
    ['--extra-index-url https://example.com/simple', undefined],
    ['./vendor/thing', undefined],
    ['', undefined],
  ])('%s', (text, requirement) => {
    expect(parseRequirement(text)).toEqual(requirement);
  });
});
