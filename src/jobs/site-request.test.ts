import { describe, expect, test } from 'vitest';

import type { SiteRecord } from '../sites/record.ts';
import { identify, requestedName } from './site-request.ts';

const request = { kind: 'up', source: '/home/ann/My Shop' } as const;

const shop: SiteRecord = {
  name: 'shop',
  request,
  domains: ['shop.example.org'],
  ports: { http: 8080, https: 8443 },
  ownerEnvironment: {},
  secrets: {},
};

describe('the name of a site', () => {
  test('comes from the command line before the config, and from the folder last', () => {
    expect(requestedName({ ...request, name: 'a' }, { name: 'b' })).toEqual({ ok: true, value: 'a' });
    expect(requestedName(request, { name: 'b' })).toEqual({ ok: true, value: 'b' });
    expect(requestedName(request, {})).toEqual({ ok: true, value: 'my-shop' });
  });

  test('comes from a repository by the last part of its address', () => {
    expect(requestedName({ ...request, source: 'https://example.org/you/forum.git' }, {})).toEqual({
      ok: true,
      value: 'forum',
    });
  });
});

describe('where a site answers', () => {
  test('is NAME.localhost on 80 and 443 as root, and on 8080 and 8443 otherwise', () => {
    const root = identify('shop', request, {}, [], undefined, true);
    expect(root).toEqual({
      ok: true,
      value: { name: 'shop', domains: ['shop.localhost'], ports: { http: 80, https: 443 } },
    });
    expect(identify('shop', request, {}, [], undefined, false)).toMatchObject({
      value: { ports: { http: 8080, https: 8443 } },
    });
  });

  test('stays what it was where nobody says otherwise', () => {
    const again = identify('shop', request, {}, [shop], shop, true);
    expect(again).toMatchObject({ value: { domains: ['shop.example.org'], ports: { http: 8080, https: 8443 } } });
  });

  test('cannot be the domain of another site', () => {
    const taken = identify('two', { ...request, domains: ['shop.example.org'] }, {}, [shop], undefined, false);
    expect(taken).toMatchObject({ ok: false, problems: [{ code: 'domain-taken' }] });
  });

  test('cannot be a port that another site uses for the other protocol', () => {
    const mixed = identify('two', { ...request, http_port: 8443, https_port: 9443 }, {}, [shop], undefined, false);
    expect(mixed).toMatchObject({ ok: false, problems: [{ code: 'bad-port' }] });
  });

  test("cannot be a port that the site's own programs are to listen on", () => {
    const own = { network: { listen: [8883, 8443] } };
    expect(identify('two', request, own, [], undefined, false)).toMatchObject({
      problems: [{ code: 'bad-port', summary: 'network.listen has 8443, on which the edge answers visitors' }],
    });
    expect(identify('two', request, own, [], undefined, true)).toMatchObject({ ok: true });
    expect(identify('two', request, own, [shop], undefined, true)).toMatchObject({ ok: false });
  });

  test('is refused with all mistakes at once', () => {
    const wrong = identify(
      'two',
      { ...request, domains: ['a; } server {'], http_port: 99_999 },
      {},
      [],
      undefined,
      true,
    );
    expect(wrong).toMatchObject({ ok: false, problems: [{ code: 'bad-domain' }, { code: 'bad-port' }] });
  });
});
