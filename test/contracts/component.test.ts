import { describe, expect, it } from 'vitest';

import type { Component } from '../../src/components/component.ts';
import { chooseComponents } from '../../src/components/roles.ts';
import { must } from '../../src/problems/problem.ts';
import { allComponents, findComponent } from '../../src/components/index.ts';
import type { Place } from '../../src/components/place.ts';
import type { Facts } from '../../src/django/facts.ts';
import type { ServiceSpec } from '../../src/services/service.ts';
import { containerPlace } from '../../src/targets/compose/index.ts';
import { fact, plainPlace, sampleFacts, samplePlace, sampleRelease, worker } from '../rig/samples.ts';

/** A project that wants everything that can be wanted at once, in two halves where one excludes the other. */
const greedy: readonly Facts[] = [
  sampleFacts({
    database: fact('postgresql'),
    redis: fact(true),
    workers: [
      worker('rq', 'worker', 'default', 'high'),
      worker('celery', 'tasks', '-A', 'forum', 'worker'),
      worker('celery-beat', 'beat', '-A', 'forum', 'beat'),
      worker('huey', 'huey', '-w', '2'),
      worker('django-q', 'qcluster'),
      worker('dramatiq', 'dramatiq'),
      worker('django-tasks', 'own-tasks'),
      worker('background-tasks', 'old-tasks'),
      worker('command', 'mail', 'python', 'manage.py', 'send_mail'),
    ],
  }),
  sampleFacts({ application: fact({ kind: 'asgi', module: 'forum.asgi', name: 'application' }) }),
  sampleFacts({ webCommand: fact(['uwsgi', '--ini', 'uwsgi.ini']) }),
  sampleFacts({ webCommand: fact(['granian', 'forum.wsgi:application']) }),
  sampleFacts({
    application: fact({ kind: 'asgi', module: 'forum.asgi', name: 'application' }),
    webCommand: fact(['hypercorn', 'forum.asgi:application']),
  }),
  sampleFacts({
    application: fact({ kind: 'asgi', module: 'forum.asgi', name: 'application' }),
    database: fact('mysql'),
    cache: fact('memcached'),
  }),
  sampleFacts(),
];

/** Components that no project gets unless its owner names them. */
const onlyByName = new Set(['daphne']);

const places: readonly (readonly [string, Place])[] = [
  ['with root', samplePlace()],
  ['without root', plainPlace()],
];

/** The options with which somebody wants it; every component is wanted by one of the projects, but for those that are only named. */
function wanted(component: Component): unknown {
  for (const facts of greedy) {
    const wish = component.detect(facts);
    if (wish) return wish.options;
  }
  // One that only an owner asks for.
  if (component.edge || onlyByName.has(component.name)) return component.options.parse({});
  throw new Error(`no project wants ${component.name}`);
}

function servicesOf(component: Component, options: unknown, place: Place): readonly ServiceSpec[] {
  return [...component.services(options, place), ...component.releaseServices(options, place, sampleRelease())];
}

it('gives Django nothing but what its roles are for', () => {
  for (const component of allComponents)
    for (const { kind } of component.connections?.(component.options.parse({}), samplePlace()) ?? [])
      expect(component.roles).toContain(kind);
});

describe('the list of components', () => {
  it('names each once, in words that can be a file and a heading', () => {
    const names = allComponents.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, title, about } of allComponents) {
      expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(title).not.toBe('');
      expect(about).toMatch(/^[^\n]+\.$/);
      expect(findComponent(name)?.title).toBe(title);
    }
    expect(findComponent('oracle')).toBeUndefined();
  });

  it('has what others stand on first', () => {
    const order = [['database'], ['cache', 'broker'], ['web'], ['worker', 'beat'], ['edge']];
    const places = allComponents.map(({ roles }) => order.findIndex((each) => each.includes(roles[0])));
    expect(places).toEqual(places.toSorted((left, right) => left - right));
  });

  it('gives a site one edge, one web server and one database, whatever the project is', () => {
    for (const facts of greedy) {
      const chosen = must(chooseComponents(facts, {}, allComponents));
      for (const role of ['web', 'database', 'edge'] as const)
        expect(chosen.filter(({ component }) => component.roles.includes(role)).length).toBe(1);
    }
  });

  it('never gives two services of a site one name', () => {
    for (const facts of greedy) {
      const names = must(chooseComponents(facts, {}, allComponents)).flatMap(({ component, options }) =>
        servicesOf(component, options, samplePlace()).map(({ name }) => name),
      );
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

describe.each(allComponents.map((component) => [component.name, component] as const))(
  'component %s',
  (_name, component) => {
    it('completes empty options, and refuses unknown ones', () => {
      expect(component.options.safeParse({}).success).toBe(true);
      expect(component.options.safeParse({ no_such_option: 1 }).success).toBe(false);
    });

    it('wishes for options that it accepts, and says why', () => {
      for (const facts of greedy) {
        const wish = component.detect(facts);
        if (!wish) continue;
        expect(component.options.parse(wish.options)).toEqual(wish.options);
        expect(wish.because.says).not.toBe('');
        expect(JSON.parse(JSON.stringify(wish.options))).toEqual(wish.options);
      }
    });

    it('keeps its options valid whatever the config says', () => {
      const config = {
        web: { workers: 3, threads: 2, timeout_seconds: 20 },
        health: { timeout_seconds: 5 },
        upload_limit_mb: 10,
      };
      const options = component.configure?.(wanted(component), config) ?? wanted(component);
      expect(component.options.parse(options)).toEqual(options);
    });

    it('names packages as Debian and PyPI do', () => {
      const { debian, python } = component.packages(wanted(component));
      for (const name of debian) expect(name).toMatch(/^[a-z0-9][a-z0-9.+-]+$/);
      for (const need of python) {
        expect(need.requirement).toMatch(/^[a-z0-9-]+(\[[a-z]+\])?([<>=~!]=?[0-9.]+)?$/);
        for (const name of need.unless) expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
        expect(need.because).not.toBe('');
      }
    });

    describe.each(places)('%s', (_title, place) => {
      const { folders } = place;
      const options = wanted(component);
      const inside = (path: string): boolean =>
        [folders.site, folders.run, folders.edge, folders.edgeRun].some(
          (folder) => path === folder || path.startsWith(`${folder}/`),
        ) && !path.includes('..');

      it('keeps its folders and files in the place, and nothing for the world to write', () => {
        for (const { path, mode } of [...component.folders(options, place), ...component.files(options, place)]) {
          expect(path).toSatisfy(inside);
          expect(mode & 0o002).toBe(0);
        }
      });

      it('has a folder for each of its files and sockets', () => {
        const made = [...Object.values(folders), ...component.folders(options, place).map(({ path }) => path)];
        const needed = component.files(options, place).map(({ path }) => path);
        for (const connection of component.connections?.(options, place) ?? []) {
          // A database's address is a folder for some engines and a socket or a file for others.
          if (connection.kind !== 'database') needed.push(connection.socket);
          else if (/\.(sock|sqlite3)$/.test(connection.host || connection.name))
            needed.push(connection.host || connection.name);
          else needed.push(`${connection.host}/.`);
        }
        for (const path of needed) expect(made).toContain(path.slice(0, path.lastIndexOf('/')));
      });

      it('sets up with commands that can be repeated', () => {
        const titles = component.setup(options, place).map(({ title }) => title);
        expect(new Set(titles).size).toBe(titles.length);
        for (const { unless, run, because } of component.setup(options, place)) {
          expect(unless[0]).toMatch(/^\//);
          expect(run[0]).toMatch(/^\//);
          expect(because).not.toBe('');
        }
      });

      it('has services that can be run as they stand', () => {
        for (const spec of servicesOf(component, options, place)) {
          expect(spec.group).toBe(place.site);
          expect(spec.name).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]*$/);
          expect(spec.command[0]).toMatch(/^\//);
          expect(spec.command.join(' ')).not.toMatch(/undefined|NaN|\[object/);
          expect(spec.directory).toSatisfy(inside);
          expect(spec.log.path).toBe(`${folders.logs}/${spec.name}.log`);
          expect(spec.log.maxBytes).toBeGreaterThan(0);
          expect(spec.stop.timeoutSeconds).toBeGreaterThan(0);
          expect(spec.readiness.timeoutSeconds).toBeGreaterThan(0);
          expect(Object.keys(spec.environment)).toContain('PATH');
          expect(spec.after).not.toContain(spec.name);
          expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
        }
      });

      it('never runs as root where it need not, and as nobody else without root', () => {
        const users = servicesOf(component, options, place).map(({ user }) => user);
        const withoutRoot = place.users.site === undefined;
        expect(
          users.filter((user) => (withoutRoot ? user !== undefined : user === undefined || user.uid === 0)),
        ).toEqual([]);
      });

      it('hands over sockets that lie in the run folder, short enough for the kernel, closed to others', () => {
        for (const spec of servicesOf(component, options, place)) {
          const unix = spec.sockets.flatMap((socket) => (socket.kind === 'unix' ? [socket] : []));
          expect(unix).toEqual(spec.sockets);
          expect(spec.replace === 'overlap' ? unix.length : 1).toBe(1);
          for (const socket of unix) {
            expect(socket.path.startsWith(`${folders.run}/`)).toBe(true);
            expect(Buffer.byteLength(socket.path)).toBeLessThanOrEqual(107);
            expect(socket.mode & 0o007).toBe(0);
          }
        }
      });

      it('puts no secret where others can read it: argv, files, connections', () => {
        const seen = JSON.stringify([
          servicesOf(component, options, place).map(({ environment: _environment, ...rest }) => rest),
          component.setup(options, place),
          component.files(options, place),
          component.connections?.(options, place) ?? null,
        ]);
        expect(seen).not.toContain('canary');
      });

      it('decides the same from the same', () => {
        expect(servicesOf(component, options, place)).toEqual(servicesOf(component, options, place));
        expect(component.files(options, place)).toEqual(component.files(options, place));
      });
    });
  },
);

/** Components that came before there was a facet for containers, and have one. Those that have none cannot be exported, and say so. */
const inContainers = allComponents.filter(({ container }) => container !== undefined);

describe('components in containers', () => {
  const place = containerPlace({
    site: 'my-forum',
    domains: ['forum.example.org'],
    machine: { cores: 2, memoryBytes: 2 * 1024 ** 3 },
    secrets: ['secret-key', 'database-password'],
  });

  it('are these, at least', () => {
    const names = inContainers.map(({ name }) => name);
    for (const name of [
      'postgresql',
      'mariadb',
      'sqlite',
      'redis',
      'memcached',
      'gunicorn',
      'uvicorn',
      'uwsgi',
      'granian',
      'hypercorn',
      'daphne',
      'rq',
      'celery',
      'celery-beat',
      'command',
      'nginx',
    ])
      expect(names).toContain(name);
  });

  describe.each(inContainers.map((component) => [component.name, component] as const))('%s', (_name, component) => {
    const options = wanted(component);
    const specs = component.container?.services?.(options, place) ?? [];

    it('runs images with a pinned tag, as a user that is not root, with a health check and a stop that has its time', () => {
      for (const spec of specs) {
        expect(spec.image).toMatch(/^[a-z0-9./-]+:[0-9]+(?:\.[0-9]+)*(?:-[a-z0-9.]+)?$/);
        expect(spec.user).toMatch(/^[1-9][0-9]*:[1-9][0-9]*$/);
        expect(spec.health.command.length).toBeGreaterThan(0);
        expect(spec.stop.timeoutSeconds).toBeGreaterThan(10);
        for (const { name, path } of spec.files)
          expect([name, path]).toEqual([expect.not.stringMatching(/^\/|\.\./), expect.stringMatching(/^\//)]);
      }
    });

    it('is found by others under the name of its service, and never by a path of a machine', () => {
      const connections = component.container?.connections?.(options, place) ?? [];
      for (const connection of connections) {
        expect(connection.url).toContain(`${specs[0]?.name}:`);
        expect(JSON.stringify(connection)).not.toContain('/run/');
      }
    });

    it('has its secrets in files, and never in its environment or command', () => {
      for (const spec of specs) {
        const open = JSON.stringify([spec.environment, spec.command ?? [], spec.files, spec.health]);
        expect(open).not.toContain('{{secret:');
        for (const name of spec.secrets) expect(name).toMatch(/^[a-z][a-z.-]*$/);
      }
    });

    it('starts programs of the project alone in its image, with paths of the image', () => {
      const release = sampleRelease({ bin: '/srv/venv/bin', root: '/srv/code', folder: '/srv' });
      const services =
        component.container?.releaseServices?.(options, place, release) ??
        component.releaseServices(options, place, release);
      expect(JSON.stringify(services)).not.toContain('/var/lib/roadie');
    });
  });
});
