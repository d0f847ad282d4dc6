import bodies from '../contract/bodies.json' with { type: 'json' };
import { firstMisfits, type Schema } from '../contract/check.ts';
import {
  type Bodies,
  type Endpoint,
  type EndpointName,
  endpoints,
  type ParameterName,
  parameters as allowed,
} from '../contract/endpoints.ts';
import type { ApiRequest } from '../machine/network/api-server.ts';
import type { Problem } from '../problems/problem.ts';

/** What the body of an endpoint is, once it has been checked. */
export type BodyOf<Name extends EndpointName> = Name extends keyof Bodies ? Bodies[Name] : undefined;

/** A request that fits the contract: which endpoint, its path parameters, its query and its body. */
export type Route = {
  readonly endpoint: EndpointName;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: BodyOf<EndpointName>;
};

/** What does not fit, as an HTTP status and a problem. */
export type Misfit = { readonly status: 400 | 404 | 405; readonly problem: Problem };

/** Finds the endpoint for a request. What does not fit the contract is refused, so that handlers get valid requests only. */
export function route({ method, url, body }: ApiRequest): Route | Misfit {
  // The target as it came: what would have to be decoded or made shorter first is no path of ours.
  const mark = url.indexOf('?');
  const target = mark < 0 ? url : url.slice(0, mark);
  const path = target.split('/');
  const fitting = (Object.entries(endpoints) as [EndpointName, Endpoint][]).filter(([, endpoint]) =>
    matches(endpoint.path.split('/'), path),
  );
  const found = fitting.find(([, endpoint]) => endpoint.method === method);
  if (!found)
    return fitting.length > 0
      ? misfit(405, `${method} is not allowed there`)
      : misfit(404, `there is nothing at ${target.slice(0, 100)}`);
  const [endpoint, definition] = found;
  const parameters: Record<string, string> = {};
  for (const [index, part] of definition.path.split('/').entries()) {
    if (part.startsWith(':')) parameters[part.slice(1)] = path[index] ?? '';
  }
  const query: Record<string, string> = {};
  for (const [key, value] of new URLSearchParams(mark < 0 ? '' : url.slice(mark))) {
    if (!definition.query.some((name) => name === key))
      return misfit(400, `${definition.path} has no parameter '${key.slice(0, 40)}'`);
    if (query[key] !== undefined) return misfit(400, `the parameter '${key}' is there twice`);
    query[key] = value;
  }
  for (const [key, value] of [...Object.entries(parameters), ...Object.entries(query)]) {
    if (!allowed[key as ParameterName].test(value)) return misfit(400, `'${value.slice(0, 40)}' is not a valid ${key}`);
  }
  const checked = checkBody(endpoint, body);
  return 'unfit' in checked ? misfit(400, ...checked.unfit) : { endpoint, parameters, query, body: checked.body };
}

const schemas: Readonly<Partial<Record<EndpointName, Schema>>> = bodies;

/** The body as a value that fits the endpoint's schema, or what is wrong with it and where. */
function checkBody(
  endpoint: EndpointName,
  bytes: ApiRequest['body'],
): { readonly body: Route['body'] } | { readonly unfit: readonly [string, ...string[]] } {
  const schema = schemas[endpoint];
  if (!schema) return bytes.length === 0 ? { body: undefined } : { unfit: ['the body: there must be none'] };
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return { unfit: ['the body: expected JSON in UTF-8'] };
  }
  const [first, ...rest] = firstMisfits(value, schema);
  return first === undefined ? { body: value as Route['body'] } : { unfit: [first, ...rest] };
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  return pattern.length === path.length && pattern.every((part, index) => part.startsWith(':') || part === path[index]);
}

function misfit(status: Misfit['status'], what: string, ...more: readonly string[]): Misfit {
  return {
    status,
    problem: {
      code: 'bad-arguments',
      summary: `The daemon does not understand the request: ${what}`,
      ...(more.length > 0 && { detail: [what, ...more].join('\n') }),
      cure: [
        'Correct the arguments: `roadie COMMAND --help` shows them.',
        'Use the `roadie` of the same version as the daemon: `roadie daemon status` tells which that is.',
      ],
    },
  };
}
