import { command } from '../command.ts';
import { harmless } from '../views/text.ts';
import { runJob } from '../watch-job.ts';

/** `rollback`: goes back to an earlier release. */
export const rollback = command({
  name: 'rollback',
  group: 'Sites',
  about: 'Go back to an earlier release of a site',
  details: [
    'Nothing is built: the old release starts beside the live one and takes over. The database stays as it is; where the',
    'old code cannot live with it any more, this is refused. New commits are left alone until the next `roadie deploy`.',
  ].join('\n'),
  arguments: {
    site: { about: 'name of the site', presence: 'required', completes: 'site' },
    release: {
      about: 'its id, or the beginning of it or of its commit (default: the one before)',
      presence: 'optional',
    },
  },
  options: {
    force: { kind: 'flag', about: 'go back although the database has gone too far for the old code' },
    wait: { kind: 'flag', about: 'wait for an operation that runs already, instead of refusing' },
  },
  examples: [
    { command: 'roadie rollback boards', about: 'to the release before the live one' },
    { command: 'roadie rollback boards 20261121-1042', about: 'to the one that was built then' },
  ],
  run: (context, { arguments: { site, release }, options }) =>
    runJob(
      context,
      { kind: 'rollback', site, ...(release !== undefined && { release }), force: options.force },
      options.wait,
      (result) => {
        const { style } = context;
        context.say(
          [
            `${style.bold(result.site)} is back at ${style.green(harmless(result.release))} (instead of ${harmless(result.previous)}): ${result.url}`,
            `It stays there until \`roadie deploy ${result.site}\`.`,
          ].join('\n'),
        );
        return 0;
      },
    ),
});
