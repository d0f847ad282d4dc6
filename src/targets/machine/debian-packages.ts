import type { Blueprint } from '../../blueprint/blueprint.ts';
import { findComponent } from '../../components/index.ts';

/** A Debian package and why it is needed. */
export type NeededPackage = { readonly name: string; readonly because: string };

/** What a site needs of Debian besides its components: to fetch its code, and to build and run what the project names. */
export function projectPackages({ source, repository, facts }: Blueprint): readonly NeededPackage[] {
  const address = source.kind === 'git' ? source.url : repository;
  return unique([
    ...(address === undefined ? [] : [{ name: 'git', because: "the project's code comes from a git repository" }]),
    ...(address === undefined || /^(?:https:|file:|\/)/.test(address)
      ? []
      : [{ name: 'openssh-client', because: 'the repository is reached by ssh' }]),
    ...facts.systemPackages.map(({ value, because }) => ({ name: value, because: because.says })),
  ]);
}

/** All of it, each once, with the reason that was found first. */
export function debianPackages(blueprint: Blueprint): readonly NeededPackage[] {
  return unique([
    { name: 'python3-venv', because: 'each release has a virtualenv of its own' },
    ...blueprint.components.flatMap(({ name, options, because }) =>
      (findComponent(name)?.packages(options).debian ?? []).map((each) => ({ name: each, because: because.says })),
    ),
    ...projectPackages(blueprint),
  ]);
}

function unique(packages: readonly NeededPackage[]): readonly NeededPackage[] {
  const found = new Map<string, NeededPackage>();
  for (const each of packages) if (!found.has(each.name)) found.set(each.name, each);
  return [...found.values()];
}
