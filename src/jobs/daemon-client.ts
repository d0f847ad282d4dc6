import { endpoints, type Answers } from '../contract/endpoints.ts';
import { problemSchema } from '../contract/events.ts';
import { callApi } from '../machine/network/api-client.ts';
import { ProblemError } from '../problems/problem.ts';

/** What a job asks the daemon for: to make running services agree with what the job has written. */
export type DaemonClient = {
  /**
   * Makes a group's services agree with its state file. Throws `service-failed` where one does not become ready. For `keepSeconds`
   * the web server's old process stays ready to come back: reconciling with the spec before then takes no boot.
   */
  reconcile(group: string, options?: { readonly keepSeconds: number }): Promise<Answers['reconcile']>;
  /** Has a service read its files again. */
  reload(group: string, service: string): Promise<Answers['reload']>;
  /** Stops a group and drops it. */
  forget(group: string): Promise<Answers['forget']>;
  /** Starts all of a site, also what someone stopped. Throws as `reconcile` does. */
  start(site: string): Promise<Answers['start']>;
  status(): Promise<Answers['status']>;
  /** The releases of one site, and what is going on with them. */
  releases(site: string): Promise<Answers['releases']>;
};

/** The daemon behind its socket. */
export function daemonClient(socketPath: string): DaemonClient {
  async function call<Name extends keyof Answers>(name: Name, parameter: string, query = ''): Promise<Answers[Name]> {
    const { method, path } = endpoints[name];
    const reply = await callApi({ socketPath, method, path: `${path.replace(/:\w+/, parameter)}${query}` });
    if (reply.status === 200) return reply.value as Answers[Name];
    throw asError(reply.value);
  }
  return {
    reconcile: (group, options) => call('reconcile', group, options ? `?keep=${options.keepSeconds}` : ''),
    reload: (group, service) => call('reload', group, `?service=${service}`),
    forget: (group) => call('forget', group),
    start: (site) => call('start', site),
    status: () => call('status', ''),
    releases: (site) => call('releases', site),
  };
}

function asError(answer: unknown): Error {
  const list = problemSchema
    .array()
    .min(1)
    .safeParse((answer as { problems?: unknown } | undefined)?.problems);
  const [first, ...rest] = list.success ? list.data : [];
  return first
    ? new ProblemError(first, ...rest)
    : new Error(`the daemon's answer is not understood: ${JSON.stringify(answer)}`);
}
