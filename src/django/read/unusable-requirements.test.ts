import { describe, expect, it } from 'vitest';

import { leftOut, unusableProblem, unusableRequirement } from './unusable-requirements.ts';

describe('a requirement that cannot be installed on any server', () => {
  it.each([
    ['pkg-resources==0.0.0', true],
    ['pkg_resources == 0.0.0  # why?', true],
    ['pywin32==306', true],
    ['twisted-iocpsupport', true],
    ['pyobjc-framework-Cocoa==10.1', true],
    ['asgiref @ file:///croot/asgiref_1709/work', false],
    ['Django @ file:///home/me/django', false],
  ])('%s', (line, dispensable) => {
    expect(unusableRequirement(line)).toMatchObject({ dispensable });
  });

  it.each([
    'pywin32==306 ; sys_platform == "win32"',
    'pkg-resources==1.0',
    'Django==5.2',
    '# pywin32',
    '-r base.txt',
    'app @ https://example.org/app.whl',
    '',
  ])('is not %j', (line) => {
    expect(unusableRequirement(line)).toBeUndefined();
  });
});

describe('what is said of them', () => {
  const texts = {
    'requirements.txt': '-r base.txt\npkg-resources==0.0.0\nasgiref @ file:///croot/asgiref\n',
    'base.txt': 'Django @ file:///home/me/django\npywin32==306\n',
  };

  it('is each that is left out, with its place and the reason', () => {
    expect(leftOut(['requirements.txt'], texts)).toMatchObject([
      {
        says: 'pywin32 is left out of the requirements: it is for Windows alone',
        where: { file: 'base.txt', line: 2 },
      },
      { says: expect.stringContaining('pkg-resources is left out'), where: { file: 'requirements.txt', line: 2 } },
    ]);
  });

  it('is one problem with all lines that only the owner can put right', () => {
    expect(unusableProblem(['requirements.txt'], texts)).toMatchObject({
      code: 'dependencies-unresolvable',
      summary: expect.stringContaining('django, asgiref'),
      detail: expect.stringContaining('requirements.txt:3: asgiref @ file:///croot/asgiref'),
    });
    expect(unusableProblem(['requirements.txt'], { 'requirements.txt': 'Django\n' })).toBeUndefined();
  });
});
