import type { Answer } from '../deploy/bake/access-line.ts';
import { baselineOf } from '../deploy/bake/decide.ts';

/** More pages say little more, and each takes its share of the load. */
const most = 3;

/**
 * The pages to measure with: those that visitors ask for most, of which somebody else may ask as well (`bake/decide.ts`); else
 * the front page and the health route. `answers`: from the access log, oldest first.
 */
export function pagesToMeasure(answers: readonly Answer[], healthPath: string): readonly string[] {
  const { popular, pages } = baselineOf(answers);
  const known = (popular.length > 0 ? popular : pages).slice(0, most);
  return known.length > 0 ? known : [...new Set(['/', healthPath])];
}
