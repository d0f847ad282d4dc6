import type { Config } from '../config/config.ts';
import type { Evidence, Facts } from '../django/facts.ts';
import { failed, ok, type Problem, type Result } from '../problems/problem.ts';
import type { Component, Role } from './component.ts';

/** A component that a site uses, with its checked options and the reason. */
export type Chosen = { readonly component: Component; readonly options: unknown; readonly because: Evidence };

/** Roles of which a site has one component, and the keys of the config that name it. */
const singular: Readonly<Partial<Record<Role, (config: Config) => Partial<Record<string, string>>>>> = {
  // Worker classes are one server's alone.
  web: ({ web }) => ({ 'web.server': web?.server, ...(web?.worker_class && { 'web.worker_class': 'gunicorn' }) }),
  database: ({ database }) => ({ database }),
};

type Named = { readonly key: string; readonly name: string };

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
    const named = nameFor(component, config);
    if (named !== undefined && named.name !== component.name) return [];
    const found = component.detect(facts);
    const wish = found ?? (named && { options: {}, because: { says: `${named.key} in Roadie's config` } });
    if (!wish) return [];
    const unfit = named && component.unfit?.(facts, config);
    if (unfit !== undefined) problems.push(cannotServe(component, named?.key ?? '', unfit));
    const options = component.options.parse(component.configure?.(wish.options, config) ?? wish.options);
    return [{ component, options, because: wish.because, strength: wish.strength ?? 0 }];
  });
  const [first, ...rest] = problems;
  if (first) return failed(first, ...rest);
  return ok(candidates.filter((each) => !isOutdone(each, candidates)));
}

/** What the owner names for the role that a component would have. */
function nameFor(component: Component, config: Config): Named | undefined {
  return component.roles.map((role) => ownersChoice(role, config)).find((named) => named !== undefined);
}

/** Which component the owner names for a role, and the key of the config that says so; undefined where none does. */
export function ownersChoice(role: Role, config: Config): Named | undefined {
  return Object.entries(singular[role]?.(config) ?? {})
    .flatMap(([key, name]) => (name === undefined ? [] : [{ key, name }]))
    .at(0);
}

function isOutdone(one: Candidate, candidates: readonly Candidate[]): boolean {
  const roles = one.component.roles.filter((role) => singular[role]);
  return roles.some((role) => {
    const rivals = candidates.filter(({ component }) => component.roles.includes(role));
    const strongest = Math.max(...rivals.map(({ strength }) => strength));
    return rivals.find(({ strength }) => strength === strongest) !== one;
  });
}

function cannotServe({ title, name }: Component, key: string, unfit: string): Problem {
  return {
    code: 'config-bad-value',
    summary: `${key} names ${name}, and ${title} ${unfit}`,
    cure: [`Remove ${key} from Roadie's config: then what suits the project is used.`],
  };
}
