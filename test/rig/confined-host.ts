import { Confiner } from '../../src/machine/bounds/confiner.ts';
import { runInteractively } from '../../src/machine/processes/interactive.ts';
import type { ViewSpec } from '../../src/services/service.ts';

/*
 * Runs a command as `roadie run` does, in a process of its own: base, run folder, the view as JSON, and the command.
 */
const [base = '', run = '', view = '{}', program = '', ...words] = process.argv.slice(2);
process.exitCode = await runInteractively(
  {
    command: [program, ...words],
    directory: '/',
    environment: { PATH: '/usr/bin:/bin' },
    user: { uid: 5, gid: 60, name: '' },
    site: 'scene',
    view: JSON.parse(view) as ViewSpec,
  },
  new Confiner({ base, run }),
);
