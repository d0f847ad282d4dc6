import { command } from '../command.ts';
import { notesView, overridesView, planView } from '../views/plan.ts';
import { runJob } from '../watch-job.ts';

/** `plan`: what `up` would change. */
export const plan = command({
  name: 'plan',
  group: 'Sites',
  about: 'Show what `up` would change, and why',
  details:
    'Nothing is changed. An empty plan means that the machine is as the site needs it; a file edited by hand\nor a package that is gone shows up here, and `roadie up` fixes it.\nNew migrations that the running release could not live with are told, with what to do instead.',
  arguments: { site: { about: 'name of the site', presence: 'required', completes: 'site' } },
  options: {},
  examples: [
    { command: 'roadie plan boards', about: 'what differs now' },
    {
      command: 'roadie plan boards --json | jq \'[.plan.changes[] | select(.action != "keep")] | length\'',
      about: 'how many changes, for a script',
    },
  ],
  run: (context, input) =>
    runJob(context, { kind: 'plan', site: input.arguments.site }, false, (result) => {
      const notes = notesView(result.notes, context.style);
      const overrides = overridesView(result.overrides, context.style, context.env.columns);
      context.say(
        [planView(result.plan, context.style, context.env.columns), overrides, notes]
          .filter((part) => part !== '')
          .join('\n'),
      );
      return 0;
    }),
});
