import { describe, expect, it } from 'vitest';

import { namedEdge, withEdge } from './host-edge.ts';

describe("a host's edge", () => {
  it('is what one of its sites names', () => {
    expect(namedEdge(undefined, [])).toEqual({ ok: true, value: undefined });
    expect(namedEdge('apache', [{ name: 'shop', edge: undefined }])).toEqual({ ok: true, value: 'apache' });
    const others = [
      { name: 'shop', edge: undefined },
      { name: 'forum', edge: 'apache' },
    ] as const;
    expect(namedEdge(undefined, others)).toEqual({ ok: true, value: 'apache' });
    expect(namedEdge('apache', others)).toEqual({ ok: true, value: 'apache' });
  });

  it('is not two: a site that names another one is refused, with both names', () => {
    expect(namedEdge('nginx', [{ name: 'forum', edge: 'apache' }])).toMatchObject({
      ok: false,
      problems: [
        {
          code: 'edge-conflict',
          summary: 'edge.server names nginx, and the site forum names apache: one edge serves all sites of a host',
        },
      ],
    });
  });

  it('is what the owner names now, whatever an earlier release was designed with', () => {
    const earlier = { edge: 'apache', healthPath: '/health/' } as const;
    expect(withEdge(earlier, 'nginx')).toEqual({ edge: 'nginx', healthPath: '/health/' });
    expect(withEdge(earlier, undefined)).toEqual({ healthPath: '/health/' });
  });
});
