import type { Blueprint } from '../../blueprint/blueprint.ts';
import type { Component, Role } from '../../components/component.ts';
import { allComponents } from '../../components/index.ts';
import { choiceKey } from '../../components/roles.ts';

/** A component of a site that cannot run in containers: what it is for, and who could take its place. */
export type Unable = {
  readonly title: string;
  /** The key of the config that chooses it; undefined where the config does not choose. */
  readonly key?: string;
  /** Titles and names of those that can. */
  readonly instead: readonly { readonly title: string; readonly name: string }[];
};

/** The site's components that cannot run in containers. The edge needs more than others: its own configuration in an image. */
export function unableComponents(
  { components }: Pick<Blueprint, 'components'>,
  all: readonly Component[] = allComponents,
): readonly Unable[] {
  return components.flatMap(({ name, roles }) => {
    const component = all.find((one) => one.name === name);
    if (!component || isAble(component)) return [];
    const role: Role = roles?.[0] ?? component.roles[0];
    const key = choiceKey(role);
    const instead = all.filter((other) => other.roles.includes(role) && isAble(other));
    return [
      {
        title: component.title,
        ...(key !== undefined && { key }),
        instead: instead.map((other) => ({ title: other.title, name: other.name })),
      },
    ];
  });
}

function isAble({ container, edge }: Component): boolean {
  return container !== undefined && (edge === undefined || container.edge !== undefined);
}
