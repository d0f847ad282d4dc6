import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';

/**
 * The certificate that this machine serves for a domain, PEM, trusted or not; undefined where nobody answers TLS for that name.
 * The name is not looked up: this machine is asked.
 */
export function servedCertificate(domain: string, port: number, timeoutMs = 10_000): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername: domain, rejectUnauthorized: false });
    const end = (pem: string | undefined): void => {
      socket.destroy();
      resolve(pem);
    };
    socket.setTimeout(timeoutMs, () => end(undefined));
    socket.once('error', () => end(undefined));
    // It may hang up without an error.
    socket.once('close', () => end(undefined));
    socket.once('secureConnect', () => {
      const { raw } = socket.getPeerCertificate() as { readonly raw?: Buffer };
      end(raw === undefined ? undefined : new X509Certificate(raw).toString());
    });
  });
}
