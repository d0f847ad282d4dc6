import { secretReference } from '../../components/container.ts';
import type { Place } from '../../components/place.ts';
import type { Blueprint } from '../../blueprint/blueprint.ts';
import type { Override, Probe } from '../../django/facts.ts';
import { decideOverrides } from '../../django/overlay/overlay.ts';
import { celeryBroker } from '../../django/overlay/overlay-broker.ts';
import { containerConnections } from './environment.ts';
import { paths } from './place.ts';

/**
 * What production in containers needs otherwise than the settings say. `settings`: Django's answer in the live release's folder
 * `liveCode`, with the containers' environment and without the machine's overlay.
 */
export function containerOverrides(
  blueprint: Blueprint,
  place: Place,
  settings: Probe,
  liveCode: string,
): readonly Override[] {
  const decided = decideOverrides(settings, {
    domains: place.domains,
    ports: place.ports,
    connections: containerConnections(blueprint, place),
    staticRoot: paths.static,
    mediaRoot: paths.media,
    secretKey: secretReference('secret-key'),
    https: true,
    owner: Object.keys(blueprint.ownerEnvironment),
  });
  return decided.map((override) => ({ ...override, value: moved(override.value, liveCode) }));
}

/** Where Celery's applications in containers are led that name a broker beside them in their code; undefined where they are not. */
export function containerCelery(blueprint: Blueprint, place: Place, settings: Probe): string | undefined {
  return celeryBroker(settings, containerConnections(blueprint, place), Object.keys(blueprint.ownerEnvironment));
}

/** A value with the code's folder in the containers for that on this machine. */
function moved(value: unknown, liveCode: string): unknown {
  if (typeof value === 'string')
    return value === liveCode || value.startsWith(`${liveCode}/`) ? paths.code + value.slice(liveCode.length) : value;
  if (Array.isArray(value)) return value.map((one: unknown) => moved(one, liveCode));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, moved(one, liveCode)]));
}

/** The live release's answers, as they are with these overrides instead of the machine's: for what the edge sends. */
export function overriddenProbe(live: Probe, settings: Probe, overrides: readonly Override[]): Probe {
  const changed = overrides.flatMap(({ setting, value }) =>
    setting in settings.security &&
    (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
      ? [[setting, value] as const]
      : [],
  );
  return { ...live, security: { ...settings.security, ...Object.fromEntries(changed) } };
}
