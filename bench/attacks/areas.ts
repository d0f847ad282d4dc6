import type { Area } from './attack.ts';
import { filesArea } from './files.ts';
import { gitArea } from './git.ts';

export type Choice = { /** Deploys during which the race of the build is run. */ readonly rounds: number };

/** Everything, in the order in which it is run. */
export function areas(_choice: Choice): readonly Area[] {
  return [gitArea, filesArea];
}
