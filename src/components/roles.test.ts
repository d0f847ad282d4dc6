import * as z from 'zod';
import { describe, expect, it } from 'vitest';

import type { Config } from '../config/config.ts';
import type { Facts } from '../django/facts.ts';
import { must } from '../problems/problem.ts';
import { type Component, component, type Role } from './component.ts';
import { chooseComponents } from './roles.ts';

const facts = {} as Facts;

/** A component of some roles that wants to be used this much; undefined: not by itself. */
function candidate(name: string, roles: readonly [Role, ...Role[]], strength?: number, unfit?: string): Component {
  const wish = { options: {}, because: { says: `the project shows ${name}` } };
  return component({
    name,
    title: name.toUpperCase(),
    roles,
    about: '',
    options: z.strictObject({}),
    detect: () => (strength === undefined ? undefined : { ...wish, strength }),
    unfit: () => unfit,
    packages: () => ({ debian: [], python: [] }),
    runsAs: 'site',
    folders: () => [],
    files: () => [],
    setup: () => [],
    services: () => [],
    releaseServices: () => [],
  });
}

function chosen(components: readonly Component[], server?: string): readonly string[] {
  const config = server === undefined ? {} : { web: { server: server as 'gunicorn' } };
  const result = chooseComponents(facts, config, components);
  if (!result.ok) return result.problems.map(({ summary }) => summary);
  return result.value.map(({ component: { name }, because }) => `${name}: ${because.says}`);
}

describe('the components of a site', () => {
  it('are all that want to be, and of a role that one can have the one that wants it most', () => {
    const all = [
      candidate('one', ['web'], 0),
      candidate('two', ['web'], 1),
      candidate('three', ['worker'], 0),
      candidate('four', ['worker'], 0),
      candidate('five', ['database']),
    ];
    expect(chosen(all)).toEqual([
      'two: the project shows two',
      'three: the project shows three',
      'four: the project shows four',
    ]);
  });

  it('have the first of those that want a role as much', () => {
    expect(chosen([candidate('one', ['web'], 0), candidate('two', ['web'], 0)])).toEqual([
      'one: the project shows one',
    ]);
  });

  it('have the one that the owner names, whatever the others want', () => {
    const all = [candidate('one', ['web'], 5), candidate('two', ['web']), candidate('three', ['worker'], 0)];
    expect(chosen(all, 'two')).toEqual(["two: web.server in Roadie's config", 'three: the project shows three']);
  });

  it('are refused where the owner names one that cannot serve the project', () => {
    const all = [candidate('one', ['web'], 0), candidate('two', ['web'], undefined, 'has no wheels')];
    expect(chosen(all, 'two')).toEqual(['web.server names two, and TWO has no wheels']);
  });

  it('keep those of their roles that nobody has before them, and go where none is left', () => {
    const store = candidate('store', ['broker', 'cache'], 0);
    const quick = candidate('quick', ['cache'], 1);
    const plain = candidate('plain', ['cache'], 0);
    const roles = (config: Config, ...all: readonly Component[]) =>
      must(chooseComponents(facts, config, all)).map((each) => `${each.component.name}: ${each.roles.join(' ')}`);
    expect(roles({}, store, quick, plain)).toEqual(['store: broker', 'quick: cache']);
    expect(roles({}, store, plain)).toEqual(['store: broker cache']);
    const named = candidate('redis', ['broker', 'cache'], 0);
    expect(roles({ cache: { store: 'redis' } }, named, quick)).toEqual(['redis: broker cache']);
    // Not wanted by itself: then for what it is named for, and for nothing else.
    expect(roles({ cache: { store: 'redis' } }, candidate('redis', ['broker', 'cache']), quick)).toEqual([
      'redis: cache',
    ]);
  });
});
