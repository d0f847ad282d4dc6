import { endpoints, type Endpoint, type EndpointName } from '../contract/endpoints.ts';
import type { Problem } from '../problems/problem.ts';

/** A request that fits the contract's table: which endpoint, its path parameters and its query. */
export type Route = {
  readonly endpoint: EndpointName;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
};

/** What does not fit, as an HTTP status and a problem. */
export type Misfit = { readonly status: 400 | 404 | 405; readonly problem: Problem };

/** Group and service names: what a path parameter or a query value may look like. Anything else is refused before a handler sees it. */
const name = /^[a-z][a-z0-9_.-]{0,62}$/;

/** Finds the endpoint for a request. Unknown query parameters and odd names are refused, so that handlers get clean input only. */
export function route(method: string, url: string): Route | Misfit {
  const parsed = URL.parse(url, 'http://daemon');
  if (!parsed) return misfit(400, 'the address is not a URL');
  const path = parsed.pathname.split('/');
  const fitting = (Object.entries(endpoints) as [EndpointName, Endpoint][]).filter(([, endpoint]) =>
    matches(endpoint.path.split('/'), path),
  );
  const found = fitting.find(([, endpoint]) => endpoint.method === method);
  if (!found)
    return fitting.length > 0
      ? misfit(405, `${method} is not allowed there`)
      : misfit(404, `there is nothing at ${parsed.pathname.slice(0, 100)}`);
  const [endpoint, definition] = found;
  const parameters: Record<string, string> = {};
  for (const [index, part] of definition.path.split('/').entries()) {
    if (part.startsWith(':')) parameters[part.slice(1)] = path[index] ?? '';
  }
  const query = Object.fromEntries(parsed.searchParams);
  for (const key of Object.keys(query)) {
    if (!definition.query.includes(key))
      return misfit(400, `${definition.path} has no parameter '${key.slice(0, 40)}'`);
  }
  for (const [key, value] of [...Object.entries(parameters), ...Object.entries(query)]) {
    const fine =
      key === 'lines' || key === 'keep'
        ? /^\d{1,6}$/.test(value)
        : key === 'follow' || key === 'wait' || key === 'services'
          ? /^[01]$/.test(value)
          : name.test(value);
    if (!fine) return misfit(400, `'${value.slice(0, 40)}' is not a valid ${key}`);
  }
  return { endpoint, parameters, query };
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  return pattern.length === path.length && pattern.every((part, index) => part.startsWith(':') || part === path[index]);
}

function misfit(status: Misfit['status'], what: string): Misfit {
  return {
    status,
    problem: {
      code: 'bad-arguments',
      summary: `The daemon does not understand the request: ${what}`,
      cure: ['Use the `roadie` of the same version as the daemon: `roadie daemon status` tells which that is.'],
    },
  };
}
