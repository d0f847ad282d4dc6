import type { DatabaseServer } from '../../components/database-server.ts';
import { allComponents } from '../../components/index.ts';
import type { Probe } from '../../django/facts.ts';
import { engineFamily } from '../../django/overlay/overlay-database.ts';
import { atLeast } from '../../django/read/versions.ts';
import type { Problem } from '../../problems/problem.ts';
import { ProblemError } from '../../problems/problem.ts';
import { type BuildContext, required } from '../context.ts';
import { lastLines, manage, pythonError } from '../manage.ts';
import type { Step } from '../step.ts';

/** A migration that waits for a lock makes everybody after it wait as well: it gives up after this long. */
const lockSeconds = 5;

export const checkProject: Step<BuildContext> = {
  name: 'check',
  title: "Run Django's checks",
  async run(context) {
    const words = await required(context, 'questions').check();
    if (words === undefined) return undefined;
    throw new ProblemError({
      code: 'checks-failed',
      summary: summaryOfChecks(words),
      detail: checkWords(words),
      cure: ['Fix what Django names, then run the same command again.', `The whole output: ${context.log}`],
    });
  },
};

/** Django's own words without the traceback's middle. */
export function checkWords(output: string): string {
  const start = output.indexOf('SystemCheckError');
  const text = start >= 0 ? output.slice(start) : output;
  return start >= 0 ? lastLines(text, 40) : pythonError(text);
}

function summaryOfChecks(output: string): string {
  const count = /System check identified (\d+ issues?)/.exec(output)?.[1];
  return count === undefined
    ? `Django's checks ended with an error: ${lastLines(output, 1).slice(0, 200)}`
    : `Django's checks found errors (${count})`;
}

export const migrate: Step<BuildContext> = {
  name: 'migrate',
  title: 'Migrate the database',
  async run(context) {
    if (context.state.migrated === true) return { skipped: 'Nothing to migrate' };
    const servers = serversOf(required(context, 'probe'));
    // The checks have just run; `migrate` would run them all again.
    const checked = atLeast(required(context, 'probe').djangoVersion, '3.2') ? ['--skip-checks'] : [];
    const result = await manage(context, ['migrate', '--noinput', ...checked], {
      as: 'site',
      timeoutSeconds: 3600,
      environment: Object.assign({}, ...servers.map(({ locks }) => locks.limit(lockSeconds))),
    });
    if (result.code !== 0)
      throw new ProblemError(
        migrationProblem(result.stdout, result.stderr, context.log, servers, context.state.snapshot),
      );
    const applied = [...result.stdout.matchAll(/^\s*Applying (\S+?)\.\.\. OK/gm)].length;
    return applied === 0
      ? { skipped: 'Nothing to migrate' }
      : { detail: `${applied} ${applied === 1 ? 'migration' : 'migrations'} applied` };
  },
};

/** What Roadie knows about the kinds of databases that the settings name, whoever runs them. */
function serversOf(probe: Probe): readonly DatabaseServer<unknown>[] {
  const engines = new Set(Object.values(probe.databases).map(({ engine }) => engineFamily(engine)));
  return allComponents.flatMap(({ database }) => (database && engines.has(database.engine) ? [database] : []));
}

/**
 * What `migrate` said, as a problem: which migration, which were done before it, the error itself; and the way back where the
 * database has none of its own.
 */
export function migrationProblem(
  stdout: string,
  stderr: string,
  log: string,
  servers: readonly Pick<DatabaseServer<unknown>, 'locks'>[],
  snapshot?: BuildContext['state']['snapshot'],
): Problem {
  const applied = [...stdout.matchAll(/^\s*Applying (\S+?)\.\.\. (?:OK|FAKED)/gm)].map((match) => match[1]);
  const failed = [...stdout.matchAll(/Applying (\S+?)\.\.\.(?! OK| FAKED)/g)].at(-1)?.[1];
  const blocking = servers.find(({ locks }) => locks.refused.test(stderr));
  const kept =
    applied.length === 0 ? 'No migration was applied.' : `Applied before it, and kept: ${applied.join(', ')}.`;
  const what = failed === undefined ? 'The database could not be migrated' : `The migration ${failed} failed`;
  const cure: readonly [string, ...string[]] = blocking
    ? [
        'Somebody else holds a lock on a table: run the same command again at a quieter moment.',
        ...(blocking.locks.shownBy === undefined
          ? []
          : [`Or end the transaction that holds it (\`${blocking.locks.shownBy}\` shows it).`]),
      ]
    : [
        'Fix the migration, commit it and run the same command again: what was live before is still there.',
        `The whole output: ${log}`,
      ];
  return {
    code: 'migration-failed',
    summary: blocking ? `${what}: it waited longer than ${lockSeconds}s for a lock` : what,
    detail: `${pythonError(stderr)}\n${kept}`,
    cure: snapshot ? [...cure, ...wayBack(snapshot)] : cure,
  };
}

/** Half of a migration may be done, and the code that is live has to work with that until it is fixed or taken back. */
function wayBack({ restore }: NonNullable<BuildContext['state']['snapshot']>): readonly string[] {
  return [
    'This database keeps the half that was done. Where the site or the next attempt stumbles over it, put it back as it was before; what visitors have written since is lost by that:',
    `$ ${restore}`,
  ];
}

export const createCacheTable: Step<BuildContext> = {
  name: 'cache-table',
  title: "Make the database cache's table",
  async run(context) {
    const caches = Object.values(required(context, 'probe').caches);
    if (!caches.some(({ backend }) => backend.endsWith('db.DatabaseCache')))
      return { skipped: 'No cache is in the database' };
    const result = await manage(context, ['createcachetable'], { as: 'site' });
    if (result.code === 0) return undefined;
    throw new ProblemError({
      code: 'migration-failed',
      summary: 'The table of the database cache could not be made',
      detail: pythonError(result.stderr),
      cure: [`The whole output: ${context.log}`],
    });
  },
};
