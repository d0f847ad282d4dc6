import type { Blueprint } from '../blueprint/blueprint.ts';
import { type BlueprintInput, buildBlueprint } from '../blueprint/build-blueprint.ts';
import { findComponent } from '../components/index.ts';
import { ownersChoice } from '../components/roles.ts';
import type { Config } from '../config/config.ts';
import type { Result } from '../problems/problem.ts';
import type { TunedWeb } from '../services/web-setting.ts';
import { webKeysOf } from '../tuning/candidates.ts';

/**
 * The blueprint with what was measured for what the owner's file leaves open. A server that was measured gives way, with its
 * numbers, to one that the owner names, and where the project has no application for it any more.
 */
export function tunedBlueprint(input: BlueprintInput, tuned: Partial<TunedWeb> | undefined): Result<Blueprint> {
  const { config } = input;
  if (!tuned) return buildBlueprint(input);
  const { server } = tuned;
  if (server === undefined) return buildBlueprint({ ...input, config: withWeb(config, numbersOf(tuned)) });
  if (ownersChoice('web', config)) return buildBlueprint(input);
  const blueprint = buildBlueprint({
    ...input,
    config: withWeb(config, { ...webKeysOf(server), ...numbersOf(tuned) }),
  });
  return blueprint.ok ? { ok: true, value: measuredServer(blueprint.value, server.server) } : buildBlueprint(input);
}

function withWeb(config: Config, web: NonNullable<Config['web']>): Config {
  return { ...config, web: { ...web, ...config.web } };
}

function numbersOf({ workers, threads }: Partial<TunedWeb>): NonNullable<Config['web']> {
  return { ...(workers !== undefined && { workers }), ...(typeof threads === 'number' && { threads }) };
}

/** Its reason is not the owner's file, as it looks. */
function measuredServer(blueprint: Blueprint, server: string): Blueprint {
  const because = { says: '`roadie tune` has measured it, and its owner has taken it' };
  const components = blueprint.components.map((each) =>
    each.name === server && findComponent(server)?.roles.includes('web') === true ? { ...each, because } : each,
  );
  return { ...blueprint, components };
}
