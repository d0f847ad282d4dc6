import type { Component } from '../components/component.ts';
import { findComponent } from '../components/index.ts';
import { type BuildContext, required } from './context.ts';

/** The component whose server the site has for itself and Django uses as its default database, with its options; undefined where none is. */
export function siteDatabase(
  context: BuildContext,
):
  | { readonly name: string; readonly options: unknown; readonly database: NonNullable<Component['database']> }
  | undefined {
  const used = required(context, 'probe').databases['default'];
  for (const { name, options } of context.blueprint.components) {
    const component = findComponent(name);
    const database = component?.database;
    const connections = component?.connections?.(options, context.place) ?? [];
    if (
      database &&
      connections.some((one) => one.kind === 'database' && one.host === used?.host && one.name === used.name)
    )
      return { name, options, database };
  }
  return undefined;
}
