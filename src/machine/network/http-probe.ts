import { request } from 'node:http';
import { connect } from 'node:net';

export type HttpQuestion = {
  readonly socket: string;
  readonly path: string;
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
};

/** The head of an answer: its status, and where it redirects to. */
type Head = { readonly status: number; readonly location: string | undefined };

/** GET over a unix socket. The status code, or undefined where no answer came in time. The body is not read. */
export async function httpStatus(question: HttpQuestion): Promise<number | undefined> {
  return (await httpHead(question))?.status;
}

/** More redirects than that are a circle; browsers give up after 20. */
const mostRedirects = 10;

/**
 * GET over a unix socket, and on to where a redirect leads within the same host. The last answer with its path; undefined where one
 * did not come in time, which each has for itself.
 */
export async function httpPage(
  question: HttpQuestion,
): Promise<{ readonly path: string; readonly status: number } | undefined> {
  let { path } = question;
  for (let redirects = 0; ; redirects += 1) {
    const head = await httpHead({ ...question, path });
    if (!head) return undefined;
    const next = redirects === mostRedirects ? undefined : pathWithin(question.host, path, head);
    if (next === undefined) return { path, status: head.status };
    path = next;
  }
}

/** Where a redirect leads, unless it is to another host, or none. Which scheme and port it names does not matter here. */
function pathWithin(host: string, path: string, { status, location }: Head): string | undefined {
  if (status < 300 || status > 399 || location === undefined) return undefined;
  const base = `https://${host}`;
  if (!URL.canParse(location, `${base}${path}`)) return undefined;
  const to = new URL(location, `${base}${path}`);
  return to.hostname === new URL(base).hostname ? `${to.pathname}${to.search}` : undefined;
}

function httpHead(question: HttpQuestion): Promise<Head | undefined> {
  return new Promise((resolve) => {
    const sent = request({
      socketPath: question.socket,
      path: question.path,
      method: 'GET',
      headers: { ...question.headers, Host: question.host, Connection: 'close' },
      agent: false,
      ...(question.signal && { signal: question.signal }),
    });
    const timer = setTimeout(() => sent.destroy(), question.timeoutMs);
    const end = (head: Head | undefined): void => {
      clearTimeout(timer);
      resolve(head);
    };
    sent.once('response', (response) => {
      end({ status: response.statusCode ?? 0, location: response.headers.location });
      response.resume();
      response.once('error', () => undefined);
    });
    sent.on('error', () => end(undefined));
    sent.once('close', () => end(undefined));
    sent.end();
  });
}

/** Whether a page's status says that the app works: below 500, and not 400, which is how Django refuses a host. */
export function isHealthy(status: number): boolean {
  return status < 500 && status !== 400;
}

/** Whether an answer comes in time, whatever it says. */
export async function httpAnswers(
  question: Pick<HttpQuestion, 'socket' | 'path' | 'host' | 'headers'>,
  timeoutMs: number,
): Promise<boolean> {
  return (await httpStatus({ ...question, timeoutMs })) !== undefined;
}

/** Whether something accepts connections there, or lets them wait. */
export function canConnect(
  to: { readonly path: string } | { readonly host: string; readonly port: number },
  timeoutMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(to);
    const end = (reached: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reached);
    };
    const timer = setTimeout(() => end(false), timeoutMs);
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
