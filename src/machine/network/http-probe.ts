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

/** GET over a unix socket. The status code, or undefined where no answer came in time. The body is not read. */
export function httpStatus(question: HttpQuestion): Promise<number | undefined> {
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
    const end = (status: number | undefined): void => {
      clearTimeout(timer);
      resolve(status);
    };
    sent.once('response', (response) => {
      end(response.statusCode);
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
