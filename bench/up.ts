import { parseArgs } from 'node:util';

/*
 * How long `up` takes until the first visitor gets a page: of the example on a bare server, or with `--projects FOLDER…` of other
 * projects beside their own documented commands (FOLDER.by-hand.sh).
 */
const { values, positionals } = parseArgs({
  options: { projects: { type: 'boolean', default: false }, rounds: { type: 'string', default: '2' } },
  allowPositionals: true,
});
const rounds = Number(values.rounds);
if (values.projects !== positionals.length > 0 || !(Number.isInteger(rounds) && rounds >= 1)) {
  process.stderr.write('usage: npm run bench -- up [--projects FOLDER… [--rounds NUMBER]]\n');
  process.exit(2);
}
// Only what is asked for: the example starts a server in a container.
if (values.projects) await (await import('./up/projects.ts')).measureProjects(positionals, rounds);
else await (await import('./up/example.ts')).measureExample();
