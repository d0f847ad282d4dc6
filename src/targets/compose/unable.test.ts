import { describe, expect, it } from 'vitest';

import { allComponents } from '../../components/index.ts';
import { unableComponents } from './unable.ts';

const because = { says: 'the test says so' };

const using = (...names: readonly string[]) =>
  unableComponents({ components: names.map((name) => ({ name, options: {}, because })) });

describe('components that cannot run in containers', () => {
  it('are none for what most sites use', () => {
    expect(using('postgresql', 'redis', 'gunicorn', 'rq', 'nginx')).toEqual([]);
    expect(using('mariadb', 'memcached', 'daphne', 'celery', 'celery-beat', 'nginx')).toEqual([]);
  });

  it('are told with the key that chooses another, and with those that can', () => {
    expect(using('sqlite', 'gunicorn', 'apache')).toEqual([
      { title: 'Apache', key: 'edge.server', instead: [{ title: 'NGINX', name: 'nginx' }] },
    ]);
  });

  it('are found by what they say of themselves, whichever they are', () => {
    const [first] = allComponents;
    const { container: _, ...without } = { ...first } as (typeof allComponents)[number];
    const all = [without, ...allComponents.slice(1)];
    const found = unableComponents({ components: [{ name: without.name, options: {}, because }] }, all);
    expect(found).toMatchObject([{ title: without.title, key: 'database' }]);
    expect(found[0]?.instead.map(({ name }) => name)).not.toContain(without.name);
  });
});
