import { secretReference } from '../../components/container.ts';
import type { Place } from '../../components/place.ts';
import type { Blueprint } from '../../blueprint/blueprint.ts';
import { connectionsOf } from '../../blueprint/connections.ts';
import type { Connection } from '../../django/connection.ts';
import type { EnvironmentName } from '../../django/facts.ts';
import { composeEnvironment, type EnvironmentInput } from '../../django/environment/environment.ts';
import { purposeOf } from '../../django/environment/environment-names.ts';
import { formsOf } from '../../django/environment/values.ts';
import { paths } from './place.ts';

export type ContainerEnvironment = {
  /** With references in the place of secrets. */
  readonly environment: Readonly<Record<string, string>>;
  /** The same with the secrets themselves. */
  readonly values: Readonly<Record<string, string>>;
  /** Secrets that are one variable's own, by its name. */
  readonly secrets: Readonly<Record<string, string>>;
};

/** What the site's components give to Django in containers, with the secrets of a place. */
export function containerConnections(blueprint: Blueprint, place: Place): readonly Connection[] {
  return connectionsOf(
    blueprint,
    place,
    (component, options) =>
      component.container?.connections?.(options, place) ?? component.connections?.(options, place),
  );
}

/**
 * The environment of a site's Django processes in containers. What the owner has set with `roadie env set` is secret, and so is
 * what is made from a secret; all else can be read in compose.yaml. `live`: the live release's environment, for variables that
 * turned out to be needed only when Django was asked.
 */
export function containerEnvironment(input: {
  readonly blueprint: Blueprint;
  /** With references as secrets. */
  readonly place: Place;
  readonly secrets: Readonly<Record<string, string>>;
  /** What was set with `roadie env set`. */
  readonly owner: Readonly<Record<string, string>>;
  readonly live: Readonly<Record<string, string>>;
}): ContainerEnvironment {
  const { blueprint, place, owner, live } = input;
  const ownerReferences = Object.fromEntries(Object.keys(owner).map((name) => [name, secretReference(name)]));
  const referring = composed(input, place, { ...blueprint.ownerEnvironment, ...ownerReferences });
  const known = composed(input, { ...place, secrets: input.secrets }, { ...blueprint.ownerEnvironment, ...owner });
  const owned = { DJANGO_SETTINGS_MODULE: '', ...blueprint.ownerEnvironment, ...owner };
  const environment: Record<string, string> = {};
  const values: Record<string, string> = {};
  const secrets: Record<string, string> = { ...owner };
  for (const name of new Set([...Object.keys(known.environment), ...Object.keys(live)])) {
    const [form, reference] =
      name in owned
        ? [known.environment[name], referring.environment[name]]
        : formOf(nameIn(blueprint, name, !(name in known.environment)), known.input, referring.input, live[name]);
    const value = form ?? live[name] ?? '';
    values[name] = value;
    if (reference === value || reference?.includes(secretStart) === true) {
      environment[name] = reference;
      continue;
    }
    // Made from a secret, or found out by asking: nobody can say that it is none.
    environment[name] = secretReference(name);
    secrets[name] = value;
  }
  return { environment, values, secrets };
}

/** What is known of a variable that settings read; `demanded`: they turned out to need it when Django was asked. */
function nameIn({ facts }: Blueprint, name: string, demanded: boolean): EnvironmentName {
  const read = facts.environment.find((one) => one.name === name);
  const found = read ?? { name, purpose: purposeOf(name, []), required: true, where: { file: '' } };
  return demanded ? { ...found, required: true } : found;
}

/** A variable's value, and the same with references. Settings that choke on one form of a value were given another on the machine. */
function formOf(
  name: EnvironmentName,
  known: EnvironmentInput,
  referring: EnvironmentInput,
  live: string | undefined,
): readonly [value: string | undefined, reference: string | undefined] {
  const forms = formsOf(name, known);
  const form = live === undefined ? 0 : Math.max(0, forms.indexOf(live));
  return [forms[form], formsOf(name, referring)[form]];
}

/** What every reference begins with. */
const secretStart = '{{secret:';

function composed(
  { blueprint }: { readonly blueprint: Blueprint },
  place: Place,
  owner: Readonly<Record<string, string>>,
): { readonly environment: Readonly<Record<string, string>>; readonly input: EnvironmentInput } {
  const input: EnvironmentInput = {
    facts: blueprint.facts,
    connections: containerConnections(blueprint, place),
    owner,
    secrets: place.secrets,
    domains: place.domains,
    ports: place.ports,
    staticRoot: paths.static,
    mediaRoot: paths.media,
    filesFolder: paths.files,
  };
  return { environment: composeEnvironment(input).environment, input };
}
