import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that the kernel gives to connections that leave the machine (32768 and above): those come and go. */
const [lowest, highest] = [20_000, 32_000];

/** A TCP port of the loopback address that nobody listens on now; by chance, so that tests side by side do not choose the same. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    const server = createServer();
    const listening = once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.listen(port, '127.0.0.1');
    if (!(await listening)) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
