import type { RoadieEvent } from '../../src/contract/events.ts';

/** One `up`, from the command's start to its end. Times in milliseconds since 1970. */
export type Run = {
  readonly began: number;
  readonly ended: number;
  /** When a visitor got the first 200; undefined where one was got all the time. */
  readonly served: number | undefined;
  /** When the pinned toolchain was there; undefined where it was there already. */
  readonly toolchain: number | undefined;
  readonly events: readonly RoadieEvent[];
};

/** Seconds by part of an `up`, in the order in which they came; together they are the whole command. */
export type Breakdown = ReadonlyMap<string, number>;

/** Steps of the machine target and of a release by their ids, as the events have them, told in the reader's words. */
const names: Readonly<Record<string, string>> = {
  packages: 'Debian packages (with the package lists)',
  users: 'system user',
  folders: 'folders and files',
  files: 'folders and files',
  certificate: 'certificate',
  commands: 'PostgreSQL: cluster, role, database',
  'commands-2': 'PostgreSQL: cluster, role, database',
  services: 'start PostgreSQL and Redis',
  'nginx-files': 'NGINX',
  edge: 'NGINX',
  code: 'code and virtualenv (cold: with uv)',
  virtualenv: 'code and virtualenv (cold: with uv)',
  requirements: "the project's requirements",
  additions: 'Gunicorn, which it does not declare',
  seal: "seal the release, Roadie's overlay",
  'python-files': "seal the release, Roadie's overlay",
  settings: 'ask Django, overlay, checks',
  overlay: 'ask Django, overlay, checks',
  check: 'ask Django, overlay, checks',
  static: 'collect static files',
  compress: 'compress static files',
  review: 'review and run the migrations',
  migrate: 'review and run the migrations',
  'services-2': 'start Gunicorn and the RQ worker',
  'nginx-files-2': 'NGINX',
};

/** Where the time of an `up` went. What no step accounts for has a part of its own. */
export function breakdown({ began, ended, toolchain, events }: Run): Breakdown {
  const parts = new Map<string, number>();
  const add = (part: string, seconds: number): void => void parts.set(part, (parts.get(part) ?? 0) + seconds);
  const time = (type: RoadieEvent['type']): number => {
    const found = events.find((event) => event.type === type);
    if (!found) throw new Error(`there was no event ${type}`);
    return Date.parse(found.time);
  };
  if (toolchain !== undefined) add('pinned toolchain (npm)', (toolchain - began) / 1000);
  add('start of the program and its daemon', (time('job-started') - (toolchain ?? began)) / 1000);
  add('read the project, look at the machine, plan', (time('plan-made') - time('job-started')) / 1000);
  for (const event of events)
    if (event.type === 'step-finished') add(names[event.step] ?? 'everything else', event.seconds);
  const accounted = [...parts.values()].reduce((sum, seconds) => sum + seconds, 0);
  add('everything else', (ended - began) / 1000 - accounted);
  return parts;
}
