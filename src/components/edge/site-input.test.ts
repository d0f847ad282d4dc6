import { describe, expect, it } from 'vitest';

import { samplePlace, sampleRelease } from '../../../test/rig/samples.ts';
import type { ReleaseView } from '../component.ts';
import { edgePlace } from '../nginx/index.ts';
import { currentStatic, siteInput } from './site-input.ts';

const place = samplePlace();
const { media, data, site } = place.folders;

function served(release: Partial<ReleaseView>) {
  const input = siteInput(place, edgePlace(place, [{ name: place.site, ports: place.ports }]), sampleRelease(release), {
    uploadLimitMb: 25,
    answerSeconds: 65,
  });
  return { static: input.static, media: input.media };
}

describe('what the edge is told to serve', () => {
  it("is the live release's static files and the site's uploads, with links followed to them and no further", () => {
    const folder = `${media}/albums`;
    expect(
      served({ static: { url: '/static/', folder: currentStatic(place) }, media: { url: '/media/', folder } }),
    ).toEqual({
      static: { url: '/static/', folder: currentStatic(place), within: currentStatic(place) },
      media: { url: '/media/', folder, within: media },
    });
  });

  it.each([
    '/var/lib/roadie/sites/other/data/media',
    data,
    `${media}/../sqlite`,
    `${media}-others`,
    `${site}/releases`,
    '/',
  ])('is nothing of %s, whatever the record of a release has', (folder) => {
    expect(served({ static: { url: '/static/', folder }, media: { url: '/media/', folder } })).toEqual({
      static: null,
      media: null,
    });
  });
});
