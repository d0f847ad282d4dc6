import { exampleOf } from '../django/read/example-settings.ts';
import { isLeftOut } from './listing.ts';

/** Names under which people keep what is not for the repository, and without which their settings do not load. */
const usual = /(^|\/)(\.env|local_settings\.py|settings_local\.py)$/;

/**
 * What git ignores and the project needs all the same: its owner's own configuration, under a usual name or made from an example that
 * is `listed`. `ignored` as git tells it, whole folders with a slash at their end.
 */
export function configurationAmong(ignored: readonly string[], listed: readonly string[]): readonly string[] {
  return ignored.filter(
    (path) =>
      !path.endsWith('/') &&
      !path.split('/').some(isLeftOut) &&
      (usual.test(path) || (path.endsWith('.py') && exampleOf(path, listed) !== undefined)),
  );
}
