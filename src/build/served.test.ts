import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Probe } from '../django/facts.ts';
import type { Problem } from '../problems/problem.ts';
import { localPath, type ServedInput, servedFolders } from './served.ts';

const input: ServedInput = {
  site: 'shop',
  static: '/base/sites/shop/releases/2/static',
  media: '/base/sites/shop/data/media',
  chosen: { static: [], media: [] },
};
const fileSystem = 'django.core.files.storage.filesystem.FileSystemStorage';

function decide(changes: Partial<Probe>, more: Partial<ServedInput> = {}) {
  const probe = {
    staticUrl: '/static/',
    staticRoot: input.static,
    mediaUrl: '/media/',
    mediaRoot: input.media,
    defaultStorage: fileSystem,
    installedApps: ['django.contrib.staticfiles'],
    ...changes,
  } as Probe;
  const result = servedFolders(probe, { ...input, ...more });
  return result.ok ? result.value : result.problems;
}

describe('an address of static or uploaded files', () => {
  it.each([
    ['static/', '/static/'],
    ['/static/', '/static/'],
    ['/a/b', '/a/b/'],
  ])('%s is %s', (url, path) => expect(localPath(url)).toBe(path));

  it.each(['', '/', 'https://cdn.example.org/static/', '//cdn.example.org/', '/a b/', '/a;}/', '/../x/', null])(
    '%s is none of ours',
    (url) => expect(localPath(url)).toBeNull(),
  );
});

describe('what NGINX serves', () => {
  it("is the release's static files and the site's uploads, or a folder of these", () => {
    expect(decide({})).toEqual({
      static: { url: '/static/', folder: input.static },
      media: { url: '/media/', folder: input.media },
    });
    expect(decide({ mediaRoot: `${input.media}/albums/` })).toMatchObject({
      media: { folder: `${input.media}/albums` },
    });
  });

  it('is nothing where files are kept elsewhere, or have no address here', () => {
    expect(decide({ mediaRoot: '/srv/x', defaultStorage: 'storages.backends.s3.S3Storage' })).toMatchObject({
      media: null,
    });
    expect(decide({ mediaRoot: '/srv/x', mediaUrl: 'https://cdn.example.org/' })).toMatchObject({ media: null });
    expect(decide({ mediaRoot: '' })).toMatchObject({ media: null });
    expect(decide({ staticRoot: '/srv/x', staticUrl: 'https://cdn.example.org/' })).toMatchObject({ static: null });
    expect(decide({ staticRoot: '/srv/x', installedApps: [] })).toMatchObject({ static: null });
  });

  it.each([
    '/base/sites/other/data/media',
    '/base/sites/shop/data',
    '/base/sites/shop/data/sqlite',
    '/base/sites/shop/data/media-of-others',
    '/base/sites/shop/data/media/../sqlite',
    '/base/sites/shop/releases/2/code/media',
    '/etc',
    '/',
  ])('is refused where uploads would come from %s', (mediaRoot) => {
    expect(decide({ mediaRoot })).toMatchObject([{ code: 'served-outside' }]);
  });

  it.each([
    '/base/sites/other/current/static',
    '/base/sites/shop/current/static',
    '/base/sites/shop/releases/1/static',
    '/base/sites/shop/releases/2/code/static',
    '/var/www/static',
  ])('is refused where static files would come from %s', (staticRoot) => {
    expect(decide({ staticRoot })).toMatchObject([{ code: 'served-outside' }]);
  });

  it('names the variable of the owner that asks for it, and a way to have uploads on another disk', () => {
    const problems = decide(
      { mediaRoot: '/mnt/disk/uploads' },
      { chosen: { static: [], media: ['DJANGO_MEDIA_ROOT'] } },
    );
    const cure = Array.isArray(problems) ? problems.flatMap((problem: Problem) => problem.cure) : [];
    expect(cure).toContain('$ roadie env unset shop DJANGO_MEDIA_ROOT');
    expect(cure).toContain(`$ mount --bind /mnt/disk/uploads ${input.media}`);
  });

  it('reports both at once', () => {
    expect(decide({ staticRoot: '/a', mediaRoot: '/b' })).toHaveLength(2);
  });

  it('is inside the folder for uploads, whatever the settings say', () => {
    const word = fc.constantFrom('..', '.', '', 'media', 'data', 'shop', 'other', 'sites', 'base', 'x');
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), fc.boolean(), (words, below) => {
        const result = decide({ mediaRoot: `${below ? input.media : ''}/${words.join('/')}` });
        if (!('media' in result) || result.media === null) return;
        expect(`${result.media.folder}/`.startsWith(`${input.media}/`)).toBe(true);
        expect(result.media.folder).not.toMatch(/\/\.\.?(?:\/|$)/);
      }),
    );
  });
});
