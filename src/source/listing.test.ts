import { describe, expect, it } from 'vitest';

import { parseListing } from './listing.ts';

const listing = (...entries: string[]): string => entries.map((entry) => `${entry}\0`).join('');

describe("git's list of a project's files", () => {
  it('takes what is tracked and what is not known yet, sorted and once', () => {
    expect(parseListing(listing('H manage.py', 'C shop/models.py', '? shop/new.py', 'H manage.py'))).toEqual([
      'manage.py',
      'shop/models.py',
      'shop/new.py',
    ]);
  });

  it('leaves out caches, packages and virtualenvs that nobody ignored, but nothing that is tracked', () => {
    const found = parseListing(
      listing(
        'H vendor/node_modules/x.js',
        '? node_modules/y.js',
        '? a/__pycache__/b.pyc',
        '? c.pyc',
        '? env/pyvenv.cfg',
        '? env/bin/python',
        '? environment.py',
      ),
    );
    expect(found).toEqual(['environment.py', 'vendor/node_modules/x.js']);
  });

  it('keeps names with spaces and line breaks whole', () => {
    expect(parseListing(listing('H a b\nc.txt'))).toEqual(['a b\nc.txt']);
  });
});
