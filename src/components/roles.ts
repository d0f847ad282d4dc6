import type { Config } from '../config/config.ts';
import type { Evidence, Facts } from '../django/facts.ts';
import { failed, ok, type Problem, type Result } from '../problems/problem.ts';
import type { Component, Role } from './component.ts';

/** A component that a site uses, with its checked options, the reason and what for. */
export type Chosen = {
  readonly component: Component;
  readonly options: unknown;
  readonly because: Evidence;
  /** Those of its roles that it has in this site. */
  readonly roles: readonly Role[];
};

/** A key of the config and the component that it names. */
type Named = { readonly key: string; readonly name: string | undefined };

/** Roles of which a site has one component, and what the config names for them. */
const singular: Readonly<Partial<Record<Role, (config: Config) => Named>>> = {
  // Worker classes are one server's alone.
  web: ({ web }) =>
    web?.worker_class && !web.server
      ? { key: 'web.worker_class', name: 'gunicorn' }
      : { key: 'web.server', name: web?.server },
  edge: ({ edge }) => ({ key: 'edge.server', name: edge?.server }),
  database: ({ database }) => ({ key: 'database', name: database }),
  cache: ({ cache }) => ({ key: 'cache.store', name: cache?.store }),
};

type Candidate = Chosen & { readonly strength: number };

/**
 * The components that a site uses, in the list's order: those that want to by what the project shows, and of a role that only one
 * can have the one that the owner names, else the one that wants it most, else the first. Problem: `config-bad-value` where
 * the owner names one that cannot serve this project.
 */
export function chooseComponents(
  facts: Facts,
  config: Config,
  components: readonly Component[],
): Result<readonly Chosen[]> {
  const problems: Problem[] = [];
  const candidates = components.flatMap((component): readonly Candidate[] => {
    const named = namedRoles(component, config);
    const found = component.detect(facts);
    const forced = named.find(({ own }) => own);
    const wish = found ?? (forced && { options: {}, because: evidenceOf(forced.key), roles: [forced.role] });
    const others = new Set(named.filter(({ own }) => !own).map(({ role }) => role));
    const wanted = [...new Set([...(wish?.roles ?? component.roles), ...(forced ? [forced.role] : [])])];
    const roles = wanted.filter((role) => !others.has(role));
    if (!wish || roles.length === 0) return [];
    const unfit = forced && component.unfit?.(facts, config);
    if (unfit !== undefined) problems.push(cannotServe(component, forced?.key ?? '', unfit));
    const options = component.options.parse(component.configure?.(wish.options, config) ?? wish.options);
    return [{ component, options, because: wish.because, roles, strength: wish.strength ?? 0 }];
  });
  const [first, ...rest] = problems;
  if (first) return failed(first, ...rest);
  return ok(
    candidates.flatMap((each) => {
      const roles = each.roles.filter((role) => !isOutdone(each, role, candidates));
      return roles.length === 0 ? [] : [{ ...each, roles }];
    }),
  );
}

/** Of the roles that a component can have, those for which the owner names one, and whether it is this one. */
function namedRoles(
  component: Component,
  config: Config,
): readonly { readonly role: Role; readonly key: string; readonly own: boolean }[] {
  return component.roles.flatMap((role) => {
    const { key, name } = ownersChoice(role, config) ?? {};
    if (key === undefined) return [];
    return [{ role, key, own: name === component.name || component.aliases?.includes(name ?? '') === true }];
  });
}

/** The key of the config that chooses who has a role; undefined where none does. */
export function choiceKey(role: Role): string | undefined {
  return singular[role]?.({}).key;
}

/** Which component the owner names for a role, and the key of the config that says so; undefined where none does. */
export function ownersChoice(role: Role, config: Config): { readonly key: string; readonly name: string } | undefined {
  const { key, name } = singular[role]?.(config) ?? {};
  return key === undefined || name === undefined ? undefined : { key, name };
}

function evidenceOf(key: string): Evidence {
  return { says: `${key} in Roadie's config` };
}

function isOutdone(one: Candidate, role: Role, candidates: readonly Candidate[]): boolean {
  if (!singular[role]) return false;
  const rivals = candidates.filter(({ roles }) => roles.includes(role));
  const strongest = Math.max(...rivals.map(({ strength }) => strength));
  return rivals.find(({ strength }) => strength === strongest) !== one;
}

function cannotServe({ title, name }: Component, key: string, unfit: string): Problem {
  return {
    code: 'config-bad-value',
    summary: `${key} names ${name}, and ${title} ${unfit}`,
    cure: [`Remove ${key} from Roadie's config: then what suits the project is used.`],
  };
}
