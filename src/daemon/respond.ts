import type { EndpointName } from '../contract/endpoints.ts';
import type { ApiAnswer, ApiRequest } from '../machine/network/api-server.ts';
import { ProblemError } from '../problems/problem.ts';
import { type Daemon, type Handler, handlers, problems } from './handlers.ts';
import { route } from './router.ts';
import { stackOf } from '../problems/stack.ts';

/** One request to its answer. A bug in a handler is logged and answered with 500; the services live on. */
export async function respond(request: ApiRequest, daemon: Daemon): Promise<ApiAnswer> {
  const found = route(request);
  if ('status' in found) return problems(found.status, found.problem);
  try {
    const handler = handlers[found.endpoint] as Handler<EndpointName>;
    return await handler(found, found.body, daemon);
  } catch (error) {
    if (error instanceof ProblemError)
      return problems(error.problems[0].code.startsWith('unknown-') ? 404 : 400, ...error.problems);
    process.stderr.write(`${stackOf(error)}\n`);
    return problems(500, {
      code: 'bug',
      summary: 'Internal error in the daemon',
      detail: String(error),
      cure: ["Report it with the daemon's log.", '$ roadie daemon status'],
    });
  }
}
