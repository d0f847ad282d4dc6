import { must } from '../../problems/problem.ts';
import { command } from '../command.ts';
import { requireSource, sourceOf } from '../source.ts';
import { inspectionView } from '../views/inspection.ts';

/** `inspect`: what a project is, by reading it. */
export const inspect = command({
  name: 'inspect',
  group: 'Looking',
  about: 'Show what Roadie finds out about a project, and how',
  details: 'Reads the project and runs none of its code; needs no daemon and changes nothing.',
  arguments: {
    path: {
      about: "the project's folder, or the URL of a git repository (default: the current folder)",
      presence: 'optional',
      completes: 'path',
    },
  },
  options: {},
  examples: [
    { command: 'roadie inspect', about: 'the project in this folder' },
    { command: "roadie inspect ~/shop --json | jq '.facts.database'", about: 'one fact, for a program' },
  ],
  run: async (context, input) => {
    const source = sourceOf(input.arguments.path ?? '.', context.env.cwd);
    await requireSource(source);
    const inspection = must(await context.env.inspect(source));
    context.emit(inspection);
    context.say(inspectionView(inspection, context.style));
    return 0;
  },
});
