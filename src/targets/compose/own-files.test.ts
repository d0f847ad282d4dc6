import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { composeInput } from '../../../test/rig/compose-input.ts';
import { dockerfile } from './dockerfile.ts';
import { ownSecrets, unableFile } from './own-files.ts';
import { renderCompose } from './render.ts';
import { allSecrets, composeFile } from './services.ts';

const project = fileURLToPath(new URL('../../../test/golden/django/startproject/project', import.meta.url));

describe("the owner's own files in containers", () => {
  it('are secrets with names of their own', () => {
    expect(ownSecrets(['lab/conf/local.py']).map(({ secret }) => secret)).toEqual(['own-lab-conf-local.py']);
    const alike = ownSecrets(['a/b.py', 'a-b.py', 'c.py']).map(({ secret }) => secret);
    expect(new Set(alike).size).toBe(3);
    expect(alike[2]).toBe('own-c.py');
    // Whichever others there are, a file keeps its name where it can.
    expect(ownSecrets(['a-b.py', 'a/b.py'])[1]?.secret).toBe(alike[0]);
  });

  it('are mounted at their places when the project runs and when its image is built, and are in no image', async () => {
    const input = { ...(await composeInput(project, { site: 'notes' })), own: ownSecrets(['mysite/local.py']) };
    expect(allSecrets(input)).toContain('own-mysite-local.py');
    expect(composeFile(input)['x-project']).toMatchObject({
      value: {
        build: { secrets: expect.arrayContaining(['own-mysite-local.py']) },
        secrets: expect.arrayContaining([{ source: 'own-mysite-local.py', target: '/srv/code/mysite/local.py' }]),
      },
    });
    expect(composeFile(input)['services']).toMatchObject({
      edge: { build: { secrets: expect.arrayContaining(['own-mysite-local.py']) } },
    });
    expect(dockerfile(input)).toContain(
      '--mount=type=secret,id=own-mysite-local.py,target=/srv/code/mysite/local.py,mode=0444 ',
    );
    const readme = renderCompose(input).find(({ path }) => path === 'README.md')?.content;
    expect(readme).toContain('- `own-mysite-local.py`: your own file `mysite/local.py`');
  });

  it.each([
    ['conf/my file.py', 'A = 1', 'characters'],
    ['conf/a,target=b', 'A = 1', 'characters'],
    ['var/log/local.py', 'A = 1', 'the project writes'],
    ['key.der', Buffer.from([0x30, 0x82, 0xff]), 'no text'],
  ])('%s is refused', (path, content, because) => {
    expect(unableFile(path, Buffer.from(content), ['var/log'])).toContain(because);
  });

  it('are taken where nothing is odd about them', () => {
    expect(unableFile('conf/local.py', Buffer.from('GREETING = "é"\n'), ['var/log'])).toBeUndefined();
  });
});
