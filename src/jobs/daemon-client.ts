import type { Answers } from '../contract/answers.ts';
import { DaemonApi } from '../machine/network/daemon-client.ts';

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

/** The daemon behind its socket. Every method throws a ProblemError, as {@link DaemonApi} does. */
export function daemonClient(socketPath: string): DaemonClient {
  const api = new DaemonApi(socketPath);
  return {
    reconcile: (group, options) => api.ask('reconcile', { group, keep: options?.keepSeconds.toString() }),
    reload: (group, service) => api.ask('reload', { group, service }),
    forget: (group) => api.ask('forget', { group }),
    start: (site) => api.ask('start', { site }),
    status: () => api.ask('status', {}),
    releases: (site) => api.ask('releases', { site }),
  };
}
