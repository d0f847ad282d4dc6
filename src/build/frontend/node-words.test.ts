import { describe, expect, it } from 'vitest';

import { frontEndProblem, nodeError } from './node-words.ts';

const about = { folder: 'web', command: ['npm', 'run', 'build'], node: '20.1.0', log: '/log', timedOut: false };

const vite = `> web@1.0.0 build
> vite build

vite v5.4.0 building for production...
error during build:
Could not resolve "./missing.js" from "src/main.js"
file: /x/src/main.js
    at getRollupError (file:///x/parseAst.js:395:41)
npm error Lifecycle script \`build\` failed with error:
npm error code 1
npm error path /x
npm error workspace web@1.0.0`;

describe('the words of a build that failed', () => {
  it('begin with what failed, and leave out what npm says of itself', () => {
    expect(nodeError(vite)).toEqual([
      'error during build:',
      'Could not resolve "./missing.js" from "src/main.js"',
      'file: /x/src/main.js',
    ]);
  });

  it.each([
    [
      'npm error code EUSAGE\nnpm error\nnpm error `npm ci` can only install packages when your package.json and package-lock.json are in sync.',
      /^`npm ci` can only/,
      /Bring the lock up to date/,
    ],
    ['npm error code ERESOLVE\nnpm error ERESOLVE could not resolve', /^ERESOLVE could/, /contradict/],
    ['npm error code ENOTFOUND\nnpm error network request to x failed', /^network request/, /reaches npm's registry/],
    ['Error: error:0308010C\n code: ERR_OSSL_EVP_UNSUPPORTED', /0308010C/, /Node 20\.1\.0/],
    ['FATAL ERROR: Reached heap limit - JavaScript heap out of memory', /heap limit/, /build_memory_mb/],
  ])('%s', (output, first, cure) => {
    const problem = frontEndProblem(output, about);
    expect(problem.detail?.split('\n')[0]).toMatch(first);
    expect(problem.cure[0]).toMatch(cure);
    expect(problem.summary).toMatch(/^`npm run build` in web\/ failed: /);
  });

  it('are there even where nothing was printed', () => {
    expect(nodeError('')).toEqual(['it printed nothing']);
  });
});
