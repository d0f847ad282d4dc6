import { describe, expect, it } from 'vitest';

import type { FrontEnd } from '../../django/facts.ts';
import { frontEndFingerprint, publicVariables, sourceFiles } from './fingerprint.ts';

const frontEnd: FrontEnd = {
  folder: 'web',
  manager: { kind: 'npm', folder: 'web' },
  install: ['npm', 'ci'],
  commands: [['npm', 'run', 'build']],
  node: { value: '20', because: { says: '.nvmrc:1' } },
};
const input = { frontEnd, tools: ['20.20.2', 'npm 10.9.4'], sources: 'a', variables: { VITE_API: '/api/' } };

describe('whether a front end is built again', () => {
  it('is told by all that it is made from', () => {
    const same = frontEndFingerprint(input);
    expect(frontEndFingerprint({ ...input })).toBe(same);
    const others = [
      { ...input, sources: 'b' },
      { ...input, tools: ['22.1.0', 'npm 10.9.4'] },
      { ...input, variables: { VITE_API: '/v2/' } },
      { ...input, frontEnd: { ...frontEnd, commands: [['npm', 'run', 'prod']] as const } },
    ];
    expect(new Set([same, ...others.map(frontEndFingerprint)]).size).toBe(5);
  });

  it('does not depend on where its Node was named', () => {
    const node = { value: '>=20', because: { says: 'package.json:3' } };
    expect(frontEndFingerprint({ ...input, frontEnd: { ...frontEnd, node } })).toBe(frontEndFingerprint(input));
  });

  it('does not depend on Python, unless names of classes are collected there', () => {
    const files = ['app/views.py', 'templates/a.html', 'web/src/main.ts', 'README.md'];
    expect(sourceFiles(files, '{"vite": "6"}')).toEqual(['templates/a.html', 'web/src/main.ts']);
    expect(sourceFiles(files, '{"tailwindcss": "4"}')).toEqual(files);
  });

  it('gets of the owner the variables that are public by their name', () => {
    expect(publicVariables({ VITE_KEY: 'a', SECRET_KEY: 'b', DATABASE_URL: 'c', NEXT_PUBLIC_X: 'd' })).toEqual({
      VITE_KEY: 'a',
      NEXT_PUBLIC_X: 'd',
    });
  });
});
