import type { Evidence, Fact, WorkerFact } from '../facts.ts';
import { baseName } from './paths.ts';
import { queues } from './queues.ts';

/** Commands of manage.py and programs that serve visitors, run once, or are for people: none of them is a worker. */
const others =
  /^(gunicorn|uvicorn|daphne|hypercorn|uwsgi|waitress-serve|granian|nginx|caddy|apache2|httpd|redis-server|postgres|mysqld|memcached|node|npm|npx|yarn|pnpm|bun|webpack|vite|esbuild|gulp|grunt|sass|tailwindcss|make|rsyslogd|flower|tail|sleep|runserver|runserver_plus|rundaphne|run_gunicorn|livereload|tailwind|migrate|collectstatic|makemigrations|compilemessages|compress|test|shell|shell_plus|createsuperuser|loaddata|check|qmonitor|qinfo|rqstats)$/;

/** What a project's own program is told where it is to serve visitors: `blog server 0.0.0.0:8000`. */
const serving = /^(serve|server|runserver|webserver|web)$/;

/** What a command's words mean: the workers that it runs; none where it is a web server or runs but once. */
export function workersOf(name: string, words: readonly string[], because: Evidence): readonly Fact<WorkerFact>[] {
  const [program = ''] = words;
  const command = managementCommand(words);
  if (words.length === 0 || others.test(baseName(program)) || others.test(command?.name ?? '')) return [];
  const module = words[1] === '-m' ? (words[2] ?? '') : '';
  if (others.test(module)) return [];
  const celery = celeryWorkers(name, words, because);
  if (celery) return celery;
  const queue = queues.find((one) => one.command === command?.name);
  if (queue) return [{ value: { name, kind: queue.kind, arguments: command?.rest ?? [] }, because }];
  const own = queues.find((one) => one.programs?.test(baseName(program)) === true);
  if (own) return [{ value: { name, kind: own.kind, program: baseName(program), arguments: words.slice(1) }, because }];
  return serving.test(words[1] ?? '') ? [] : [{ value: { name, kind: 'command', arguments: words }, because }];
}

/** The command that a line gives to manage.py or django-admin, and what follows it. */
function managementCommand(
  words: readonly string[],
): { readonly name: string; readonly rest: readonly string[] } | undefined {
  const at = words.findIndex(
    (word, index) =>
      /(^|\/)(manage\.py|django-admin(\.py)?)$/.test(word) ||
      (words[index - 1] === '-m' && /^(manage|django)$/.test(word)),
  );
  const name = words[at + 1];
  return at < 0 || at > 3 || name === undefined ? undefined : { name, rest: words.slice(at + 2) };
}

/** A service's name for a command that nothing else names. */
export function nameOf(words: readonly string[]): string {
  if (words.includes('beat')) return 'beat';
  const command = managementCommand(words);
  if (command === undefined) return 'worker';
  return queues.find((queue) => queue.command === command.name)?.service ?? command.name;
}

/** Undefined where it is not Celery. */
function celeryWorkers(
  name: string,
  words: readonly string[],
  because: Evidence,
): readonly Fact<WorkerFact>[] | undefined {
  const at = words.findIndex((word) => /(^|\/)celery$/.test(word));
  if (at < 0 || at > 2) return undefined;
  const rest = words.slice(at + 1).filter((word) => !/^--(detach|pidfile|logfile)/.test(word));
  if (rest.includes('beat')) return [{ value: { name, kind: 'celery-beat', arguments: rest }, because }];
  if (!rest.includes('worker')) return [];
  // `worker -B` is worker and clock in one; as two programs the worker can be more than one process.
  const beat = rest.some((word) => word === '-B' || word === '--beat');
  const plain = rest.filter((word) => word !== '-B' && word !== '--beat');
  return [
    { value: { name, kind: 'celery', arguments: plain }, because },
    ...(beat
      ? [{ value: { name: 'beat', kind: 'celery-beat', arguments: [...application(rest), 'beat'] }, because }]
      : []),
  ];
}

function application(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => word === '-A' || word === '--app' || word.startsWith('--app='));
  const word = words[at];
  return word === undefined ? [] : word.includes('=') ? [word] : words.slice(at, at + 2);
}
