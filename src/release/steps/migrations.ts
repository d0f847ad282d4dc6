import { posix } from 'node:path';

import { explainRisk, isBorder, readMigrationState } from '../../django/migrations.ts';
import { readText } from '../../machine/files.ts';
import { pythonFolder } from '../../machine/project.ts';
import type { BuildContext } from '../context.ts';
import { inRelease } from '../manage.ts';
import type { Step } from '../step.ts';

/**
 * Looks at the migrations before any is applied: which there are (a rollback has to know how far the database went), and what
 * the running release cannot live with. It only warns: the owner decides. Where it cannot tell, the migration itself will.
 */
export const reviewMigrations: Step<BuildContext> = {
  name: 'review',
  title: 'Review the migrations',
  async run(context) {
    const program = (await readText(posix.join(pythonFolder, 'migrations.py'))) ?? '';
    const answer = await inRelease(context, [context.paths.python, '-'], { input: program, timeoutSeconds: 120 });
    const found = answer.code === 0 ? readMigrationState(answer.stdout) : undefined;
    if (!found) return { skipped: 'Django could not tell about them' };
    context.state.migrations = { applied: [...found.applied, ...found.pending], risks: found.risks };
    for (const risk of found.risks.filter(isBorder)) {
      const { what, why, cure } = explainRisk(risk);
      context.door.emit({ type: 'note', level: 'warning', site: context.place.site, text: `${what}: ${why}. ${cure}` });
    }
    if (found.pending.length === 0) return { skipped: 'All are applied' };
    const risky = found.risks.length === 0 ? '' : `, ${found.risks.length} to think about`;
    return { detail: `${found.pending.length} to apply${risky}` };
  },
};
