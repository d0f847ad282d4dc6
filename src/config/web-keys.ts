import * as z from 'zod';

import type { Problem } from '../problems/problem.ts';
import { cores, count, memory, seconds } from './key-kinds.ts';

/** The application servers that there are to choose from. */
export const webServers = ['gunicorn', 'uvicorn', 'uwsgi', 'granian', 'hypercorn', 'daphne'] as const;

/** What stands for the site's own server where servers are named to be measured. */
export const ownServer = 'own';

/** Worker classes are Gunicorn's: with another server they would be silently without effect. */
function oneServer(
  web: { server?: string | undefined; worker_class?: string | undefined },
  context: z.RefinementCtx,
): void {
  if (web.worker_class === undefined || web.server === undefined || web.server === 'gunicorn') return;
  const problem: Problem = {
    code: 'config-bad-value',
    summary: `web.worker_class is how Gunicorn works, and web.server names ${web.server}`,
    cure: ['Remove worker_class, or write: server = "gunicorn"'],
  };
  context.addIssue({ code: 'custom', path: ['worker_class'], message: problem.summary, params: { problem } });
}

/** The keys of roadie.toml about the web server. */
export const webKeys = z
  .strictObject({
    server: z.enum(webServers).meta({
      description:
        'The application server. Where the project has a WSGI and an ASGI application, a server gets the one that it runs. Default: the uWSGI, Granian or Hypercorn that the web line of Procfile or Dockerfile starts, else Gunicorn for a WSGI application and Uvicorn for an ASGI application.',
      wants: '"gunicorn", "uvicorn", "uwsgi", "granian", "hypercorn" or "daphne"',
      example: 'server = "uvicorn"',
    }),
    worker_class: z.enum(['sync', 'gthread', 'gevent', 'uvicorn']).meta({
      description:
        'How the processes of Gunicorn work: `sync` on one request at a time, `gthread` with threads, `gevent` with greenlets, `uvicorn` on an ASGI application. Default: "gthread".',
      wants: '"sync", "gthread", "gevent" or "uvicorn"',
      example: 'worker_class = "gevent"',
    }),
    workers: count(
      'Processes of the web server. Default: chosen from cores and memory; `WEB_CONCURRENCY` counts as well.',
      1000,
      'workers = 4',
    ),
    threads: count(
      'Threads of each process; with `worker_class = "gevent"` how many requests it works on at a time. Default: 4, with gevent 10.',
      1000,
      'threads = 4',
    ),
    timeout_seconds: seconds(
      'A process that gives no sign of life for so long is replaced, and a release that leaves has so long to finish its requests. Default: 30.',
      'timeout_seconds = 30',
    ),
    memory_limit_mb: memory('memory_limit_mb = 600'),
    cpu_limit: cores('cpu_limit = 1.5'),
  })
  .partial()
  .superRefine(oneServer)
  .meta({ description: 'The web server.', wants: 'a table', example: '[web]\nworkers = 4' });
