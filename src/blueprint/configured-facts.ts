import { allComponents, findComponent } from '../components/index.ts';
import { ownersChoice } from '../components/roles.ts';
import { splitCommand } from '../config/command-line.ts';
import { type Config, databaseEngines } from '../config/config.ts';
import type { Evidence, Fact, Facts, WorkerFact } from '../django/facts.ts';
import { releaseNotes } from '../django/read/release-commands.ts';
import { workersOf } from '../django/read/worker-command.ts';

/** The facts as the owner corrected them: what the config names counts, and says so. */
export function configuredFacts(facts: Facts, config: Config): Facts {
  return {
    ...facts,
    ...servedApplication(facts, config),
    settingsModule: owners(facts.settingsModule, config.settings, 'settings'),
    root: owners(facts.root, config.root, 'root'),
    ...configuredCache(facts, config),
    database: owners(facts.database, config.database && databaseEngines[config.database], 'database'),
    ...(config.python !== undefined &&
      config.python !== facts.python.value.preferred && {
        python: said({ ...facts.python.value, preferred: config.python }, 'python'),
      }),
    ...(config.health?.path !== undefined && { healthPath: said(config.health.path, 'health.path') }),
    ...configuredCommands(config),
    notes: [...facts.notes, ...commandNotes(facts, config), ...(config.network?.listen ?? []).map(openPort)],
    workers: namedApart(config.workers === undefined ? facts.workers : configuredWorkers(config.workers)),
  };
}

/** Of a project with both applications the one that the server can run which the owner names. */
function servedApplication(
  { application, otherApplication }: Facts,
  config: Config,
): Pick<Facts, 'application' | 'otherApplication'> {
  const named = ownersChoice('web', config);
  const kinds = named && findComponent(named.name)?.interfaces?.(config);
  if (!named || !kinds || !otherApplication || kinds.includes(application.value.kind)) return { application };
  return {
    application: { value: otherApplication.value, because: evidence(named.key) },
    otherApplication: application,
  };
}

/** A Redis that only the cache needs is needed no longer where the owner wants the cache elsewhere. */
function configuredCache(facts: Facts, config: Config): Pick<Facts, 'cache' | 'redis'> {
  const cache = owners<Facts['cache']['value']>(facts.cache, config.cache?.store, 'cache.store');
  const forCache = facts.cache.value === 'redis' && facts.redis.because.says === facts.cache.because.says;
  return {
    cache,
    redis: facts.redis,
    ...(forCache && cache.value !== 'redis' && { redis: { ...cache, value: false } }),
  };
}

/** What was found already, where it says the same: its evidence is better. */
function owners<T>(found: Fact<T>, wanted: T | undefined, key: string): Fact<T> {
  return wanted === undefined || wanted === found.value ? found : said(wanted, key);
}

function said<T>(value: T, key: string): Fact<T> {
  return { value, because: evidence(key) };
}

function evidence(key: string): Evidence {
  return { says: `${key} in Roadie's config` };
}

/** What the owner should see each time, since it is open to the world. */
function openPort(port: number): Evidence {
  return { says: `the site's programs may listen on port ${port} for everybody: network.listen in Roadie's config` };
}

/** Where the owner's list is there, it is the whole list. */
function configuredCommands({ release }: Config): Partial<Facts> {
  if (release?.commands === undefined) return {};
  const commands = release.commands.map((text) => splitCommand(text));
  return {
    releaseCommands: commands.flatMap((words) => (words.ok ? [said({ words: words.value }, 'release.commands')] : [])),
    undecidedCommands: [],
  };
}

function commandNotes(facts: Facts, { release }: Config): readonly Evidence[] {
  if (release?.commands !== undefined) return [];
  return releaseNotes({ run: facts.releaseCommands, leftOut: facts.undecidedCommands ?? [] });
}

function configuredWorkers(workers: NonNullable<Config['workers']>): readonly Fact<WorkerFact>[] {
  return Object.entries(workers).flatMap(
    ([name, { command, processes, stop_seconds: stopSeconds, memory_limit_mb: memoryLimitMb, cpu_limit: cpus }]) => {
      const words = splitCommand(command);
      if (!words.ok) return [];
      // A queue's worker is stopped as that queue wants it, whoever names it; what comes to two programs is left as it is.
      const [meant, ...more] = workersOf(name, words.value, evidence(`workers.${name}`));
      const plain = { name, kind: 'command', arguments: words.value };
      return [
        said(
          {
            ...(meant && more.length === 0 ? meant.value : plain),
            ...(processes !== undefined && { processes }),
            ...(stopSeconds !== undefined && { stopSeconds }),
            ...(memoryLimitMb !== undefined && { memoryLimitMb }),
            ...(cpus !== undefined && { cpus }),
          },
          `workers.${name}`,
        ),
      ];
    },
  );
}

/** Services' names must differ from each other, from `NAME-2` of a worker with several processes, and from those of components. */
function namedApart(workers: readonly Fact<WorkerFact>[]): readonly Fact<WorkerFact>[] {
  const reserved = new Set([
    'web',
    ...allComponents
      .filter(({ roles }) => !roles.some((role) => role === 'worker' || role === 'beat'))
      .map(({ name }) => name),
  ]);
  const taken = new Set(reserved);
  return workers.map(({ value, because }) => {
    const wanted = value.name.replaceAll(/[^A-Za-z0-9_-]/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'worker';
    const base = reserved.has(wanted) ? `worker-${wanted}` : wanted;
    let name = base;
    for (let count = 2; names(name, value.processes).some((each) => taken.has(each)); count += 1)
      name = `${base}-${count}`;
    for (const each of names(name, value.processes)) taken.add(each);
    return { value: { ...value, name }, because };
  });
}

function names(name: string, processes = 1): readonly string[] {
  return Array.from({ length: processes }, (_, index) => (index === 0 ? name : `${name}-${index + 1}`));
}
