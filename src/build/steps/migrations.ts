import { isBorder, riskSentence } from '../../django/migrations/migrations.ts';
import { type BuildContext, required } from '../context.ts';
import type { Step } from '../step.ts';

/**
 * Looks at the migrations before any is applied: which there are (a rollback has to know how far the database went), and what
 * the running release cannot live with. It only warns: the owner decides. Where it cannot tell, the migration itself will.
 */
export const reviewMigrations: Step<BuildContext> = {
  name: 'review',
  title: 'Review the migrations',
  async run(context) {
    const found = await required(context, 'questions').migrations();
    if (!found) return { skipped: 'Django could not tell about them' };
    const { state, previous } = context;
    state.migrations = { applied: [...found.applied, ...found.pending], risks: found.risks };
    // Only where an earlier release has seen `migrate` to its end: one that was killed may owe what comes after the migrations.
    const seen = new Set(previous?.migrations?.applied);
    state.migrated = found.pending.length === 0 && !found.hooks && found.applied.every((name) => seen.has(name));
    for (const risk of found.risks.filter(isBorder))
      context.surroundings.emit({ type: 'note', level: 'warning', site: context.place.site, text: riskSentence(risk) });
    if (found.pending.length === 0) return { skipped: 'All are applied' };
    const risky = found.risks.length === 0 ? '' : `, ${found.risks.length} to think about`;
    return { detail: `${found.pending.length} to apply${risky}` };
  },
};
