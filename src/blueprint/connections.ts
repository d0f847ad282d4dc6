import type { Component } from '../components/component.ts';
import { findComponent } from '../components/index.ts';
import type { Place } from '../components/place.ts';
import type { Connection } from '../django/connection.ts';
import type { Blueprint } from './blueprint.ts';

/** What the site's components give to Django, each in the roles that it has and in their order. `given`: how one gives it in this kind of place. */
export function connectionsOf(
  blueprint: Pick<Blueprint, 'components'>,
  place: Place,
  given: (component: Component, options: unknown) => readonly Connection[] | undefined = (component, options) =>
    component.connections?.(options, place),
): readonly Connection[] {
  return blueprint.components.flatMap(({ name, options, roles }) => {
    const component = findComponent(name);
    const all = (component && given(component, options)) ?? [];
    return roles ? all.filter(({ kind }) => roles.includes(kind)) : all;
  });
}
