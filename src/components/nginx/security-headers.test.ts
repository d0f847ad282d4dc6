import { describe, expect, it } from 'vitest';

import { sampleProbe } from '../../../test/rig/samples.ts';
import { hstsOf, ownHeaders } from '../edge/security-headers.ts';
import { hstsMap } from './security-headers.ts';

const middleware = ['django.middleware.security.SecurityMiddleware'];

describe("a site's HSTS", () => {
  it.each([
    [{ SECURE_HSTS_SECONDS: 3600 }, 'max-age=3600'],
    [{ SECURE_HSTS_SECONDS: 60, SECURE_HSTS_INCLUDE_SUBDOMAINS: true }, 'max-age=60; includeSubDomains'],
    [
      { SECURE_HSTS_SECONDS: 60, SECURE_HSTS_INCLUDE_SUBDOMAINS: true, SECURE_HSTS_PRELOAD: true },
      'max-age=60; includeSubDomains; preload',
    ],
    [{ SECURE_HSTS_SECONDS: 0 }, null],
    [{ SECURE_HSTS_SECONDS: true }, null],
    [{ SECURE_HSTS_SECONDS: '60"; evil' }, null],
    [{}, null],
  ])('is what Django sends with %j: %s', (security, header) => {
    expect(hstsOf(sampleProbe({ security, middleware }))).toBe(header);
    expect(hstsOf(sampleProbe({ security, middleware: [] }))).toBeNull();
  });

  it('goes with no answer where Django sends none', () => {
    expect(ownHeaders(null)).not.toHaveProperty('Strict-Transport-Security');
    expect(hstsMap('my-forum', null)).toBe('');
    expect(hstsMap('my-forum', 'max-age=60')).toContain('map $upstream_status $roadie_hsts_my_forum {');
  });
});
