/** One request that the edge has passed on to the application, as a line of its access log tells it. */
export type LoggedRequest = {
  /** The client's address. */
  readonly address: string;
  /** When it ended, with whole seconds. Milliseconds since 1970. */
  readonly ended: number;
  readonly seconds: number;
  readonly method: string;
  /** As in the request line. */
  readonly target: string;
  /** What the application answered last; null where it gave no answer. */
  readonly answered: number | null;
  /** Whether the client left before the answer came. */
  readonly aborted: boolean;
  /** Whether the application broke off a try, be it that the next one was answered. */
  readonly broken: boolean;
};

/**
 * Reads a line of a site's access log. Undefined for a line in another format, and for a request that the edge has answered by itself:
 * that says nothing about the application.
 */
export type ReadAccessLine = (line: string) => LoggedRequest | undefined;

/** Method and target of a request line; undefined for what is none. */
export function requestLine(text: string): { readonly method: string; readonly target: string } | undefined {
  const [, method, target] = /^([A-Z]{1,20}) (\S+) HTTP\/\d(?:\.\d)?$/.exec(text) ?? [];
  return method === undefined || target === undefined ? undefined : { method, target };
}

/** The sites' access logs, as every edge keeps them in its folder of logs. */
export function accessLogs(folder: string) {
  return { folder, suffix: '.access.log', maxBytes: 20 * 1024 * 1024, keep: 4 } as const;
}
