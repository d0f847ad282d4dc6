import { describe, expect, it } from 'vitest';

import { olderBuildTools } from './build-tools.ts';

describe('packages that the newest build tools no longer build', () => {
  it.each([
    [
      "ImportError: cannot import name 'convert_path' from 'setuptools' (/x/site-packages/setuptools/__init__.py)",
      ['setuptools<69'],
    ],
    ["ModuleNotFoundError: No module named 'pkg_resources'", ['setuptools<69']],
    ["AttributeError: module 'setuptools.command' has no attribute 'test'", ['setuptools<69']],
    ["AttributeError: cython_sources. Did you mean: 'sources'?", ['cython<3']],
    ['error in anyjson setup command: use_2to3 is invalid.', ['setuptools<58']],
    ["ModuleNotFoundError: No module named 'numpy'", []],
    ['fatal error: Python.h: No such file or directory', []],
  ])('%j', (words, older) => {
    expect(olderBuildTools(`error: Failed to build \`shop==1.0\`\n  cause: the build backend\n${words}`)).toEqual(
      older,
    );
  });

  it('is no answer where nothing was built', () => {
    expect(olderBuildTools("ModuleNotFoundError: No module named 'pkg_resources'")).toEqual([]);
  });
});
