import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

/** What came back on a connection until it closed. `status` is 0 where it closed without a word. */
export type Said = { readonly status: number; readonly text: string; readonly statuses: readonly number[] };

/** Sends bytes as they are, over TLS where a name is given, and reads until the other side closes or nothing comes any more. */
export function sendRaw(
  bytes: string | Buffer,
  options: { readonly port: number; readonly servername?: string; readonly patience?: number },
): Promise<Said> {
  return new Promise((resolve) => {
    const { port, servername } = options;
    const socket =
      servername === undefined
        ? net.connect(port, '127.0.0.1')
        : tls.connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
    let text = '';
    socket.setTimeout(options.patience ?? 3000, () => socket.destroy());
    socket.on('data', (data: Buffer) => (text += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.once(servername === undefined ? 'connect' : 'secureConnect', () => socket.write(bytes));
    socket.once('close', () => {
      const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map((found) => Number(found[1]));
      resolve({ status: statuses[0] ?? 0, text, statuses });
    });
  });
}

/** A port on the loopback address that passes what comes on to another over TLS, with the name that a tool does not give itself. */
export async function openDoor(
  port: number,
  servername: string,
): Promise<{ readonly port: number; readonly opened: number; close(): Promise<void> }> {
  let opened = 0;
  const server = net.createServer((from) => {
    opened += 1;
    const to = tls.connect({
      socket: net.connect({ host: '127.0.0.1', port, localAddress: '127.0.0.5' }),
      servername,
      rejectUnauthorized: false,
    });
    from.pipe(to);
    to.pipe(from);
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      one.on('error', () => other.destroy());
      one.once('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    get opened() {
      return opened;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
