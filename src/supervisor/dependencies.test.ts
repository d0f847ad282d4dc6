import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { dependenciesOf, dependentsOf, startOrder } from './dependencies.ts';

const names = (services: readonly { readonly name: string }[]): readonly string[] =>
  services.map((service) => service.name);

describe('startOrder', () => {
  it('puts each service after those it waits for, and otherwise keeps the list', () => {
    const result = startOrder([
      { name: 'web', after: ['postgresql', 'redis'] },
      { name: 'worker', after: ['redis'] },
      { name: 'postgresql', after: [] },
      { name: 'redis', after: [] },
    ]);
    expect(result.ok && names(result.value)).toEqual(['postgresql', 'redis', 'web', 'worker']);
  });

  it('names the members of a circle', () => {
    const result = startOrder([
      { name: 'a', after: ['b'] },
      { name: 'b', after: ['c'] },
      { name: 'c', after: ['b'] },
    ]);
    expect(result).toMatchObject({
      ok: false,
      problems: [{ summary: 'Services wait for each other in a circle: b → c → b' }],
    });
  });

  it('keeps every service once and every dependency before its dependents', () => {
    // Edges only go to smaller numbers, so there is no circle.
    const graphs = fc.array(fc.array(fc.nat(30), { maxLength: 4 }), { maxLength: 30 }).map((lists) =>
      lists.map((after, index) => ({
        name: `s${index}`,
        after: after.filter((to) => to < index).map((to) => `s${to}`),
      })),
    );
    fc.assert(
      fc.property(graphs, fc.infiniteStream(fc.nat()), (services, random) => {
        const shuffled = services
          .map((service) => ({ service, key: random.next().value ?? 0 }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ service }) => service);
        const result = startOrder(shuffled);
        if (!result.ok) throw new Error('no circle was made');
        const order = names(result.value);
        expect(order.toSorted()).toEqual(names(services).toSorted());
        for (const service of services)
          for (const before of service.after) expect(order.indexOf(before)).toBeLessThan(order.indexOf(service.name));
      }),
    );
  });
});

describe('neighbours', () => {
  const services = [
    { name: 'web', after: ['postgresql', 'not-here'] },
    { name: 'postgresql', after: [] },
  ];

  it('are those in the list alone', () => {
    expect(dependenciesOf(services, 'web')).toEqual(['postgresql']);
    expect(dependentsOf(services, 'postgresql')).toEqual(['web']);
    expect(dependentsOf(services, 'web')).toEqual([]);
  });

  it('stop before a service that keeps data, which they may be using, though they start without it', () => {
    const site = [
      { name: 'redis', after: [], stateful: true },
      { name: 'postgresql', after: [], stateful: true },
      { name: 'worker', after: [] },
      { name: 'web', after: [] },
    ];
    expect(dependentsOf(site, 'postgresql')).toEqual(['worker', 'web']);
    expect(dependentsOf(site, 'web')).toEqual([]);
  });

  it('never wait for each other in a circle', () => {
    const odd = [
      { name: 'base', after: [] },
      { name: 'middle', after: ['base'] },
      { name: 'store', after: ['middle'], stateful: true },
    ];
    expect(dependentsOf(odd, 'store')).toEqual([]);
    expect(dependentsOf(odd, 'base')).toEqual(['middle']);
  });
});
