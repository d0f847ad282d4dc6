import { command } from '../command.ts';
import { checkView } from '../views/check.ts';
import { runJob } from '../watch-job.ts';

/** `check`: what is wrong with a site and how to fix it. */
export const check = command({
  name: 'check',
  group: 'Looking',
  about: 'Find what is wrong with a site, with the cure',
  details: "Django's own `check --deploy` and Roadie's findings. Exit code 1 where an error is among them, else 0.",
  arguments: { site: { about: 'name of the site', presence: 'required', completes: 'site' } },
  options: {},
  examples: [
    { command: 'roadie check boards', about: 'for people' },
    {
      command: 'roadie check boards --json',
      about: 'for a script: {"site","findings":[{"level","id","what","why","cure"}]}',
    },
  ],
  run: (context, input) =>
    runJob(context, { kind: 'check', site: input.arguments.site }, false, (result) => {
      context.say(checkView(result, context.style));
      return result.findings.some((finding) => finding.level === 'error') ? 1 : 0;
    }),
});
