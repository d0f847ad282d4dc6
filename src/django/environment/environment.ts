import type { Connection } from '../connection.ts';
import type { EnvironmentName, Facts, Purpose } from '../facts.ts';
import { valueFor } from './values.ts';

export type EnvironmentInput = {
  readonly facts: Facts;
  readonly connections: readonly Connection[];
  /** What the owner set: always wins. */
  readonly owner: Readonly<Record<string, string>>;
  /** `secret-key` is the site's SECRET_KEY. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly domains: readonly string[];
  readonly ports: { readonly http: number; readonly https: number };
  readonly staticRoot: string;
  readonly mediaRoot: string;
  /** Where the site's data has what the project writes elsewhere than in its uploads. */
  readonly filesFolder: string;
};

export type ComposedEnvironment = {
  readonly environment: Readonly<Record<string, string>>;
  /** What Roadie gave, without the values: some are secrets. */
  readonly given: readonly { readonly name: string; readonly purpose: Purpose; readonly because: string }[];
  /** Required, and known to the owner alone. */
  readonly unknown: readonly EnvironmentName[];
};

/** The environment of a site's Django processes: only names that its settings read, the settings module, and the owner's. */
export function composeEnvironment(input: EnvironmentInput): ComposedEnvironment {
  const environment: Record<string, string> = { DJANGO_SETTINGS_MODULE: input.facts.settingsModule.value };
  const given: { name: string; purpose: Purpose; because: string }[] = [
    { name: 'DJANGO_SETTINGS_MODULE', purpose: 'settings-module', because: input.facts.settingsModule.because.says },
  ];
  const unknown: EnvironmentName[] = [];
  for (const name of input.facts.environment) {
    if (name.name === 'DJANGO_SETTINGS_MODULE' || name.name in input.owner) continue;
    const value = valueFor(name, input);
    if (value !== undefined) {
      environment[name.name] = value;
      given.push({
        name: name.name,
        purpose: name.purpose,
        because: `read in ${name.where.file}:${name.where.line ?? 1}`,
      });
    } else if (name.required) {
      unknown.push(name);
    }
  }
  return { environment: { ...environment, ...input.owner }, given, unknown };
}
