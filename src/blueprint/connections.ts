import { findComponent } from '../components/index.ts';
import type { Place } from '../components/place.ts';
import type { Connection } from '../django/connection.ts';
import type { Blueprint } from './blueprint.ts';

/** What the site's components give to Django, each in the roles that it has and in their order. */
export function connectionsOf(blueprint: Pick<Blueprint, 'components'>, place: Place): readonly Connection[] {
  return blueprint.components.flatMap(({ name, options, roles }) => {
    const all = findComponent(name)?.connections?.(options, place) ?? [];
    return roles ? all.filter(({ kind }) => roles.includes(kind)) : all;
  });
}
