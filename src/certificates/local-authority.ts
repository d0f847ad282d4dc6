import { createPrivateKey, X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { ensureFolder, readText, writeAtomically } from '../machine/files.ts';
import { ProblemError } from '../problems/problem.ts';

/** The files of the local authority below edge/. */
export function authorityPaths(edgeFolder: string): {
  readonly folder: string;
  readonly certificate: string;
  readonly key: string;
} {
  const folder = join(edgeFolder, 'authority');
  return { folder, certificate: join(folder, 'root.pem'), key: join(folder, 'root.key') };
}

/** The authority of this machine, which signs the certificates of its sites until a public one does. Its key never leaves the machine. */
export class LocalAuthority {
  /** The certificate that people add to what they trust, PEM. */
  readonly certificate: string;
  readonly #key: string;

  private constructor(certificate: string, key: string) {
    this.certificate = certificate;
    this.#key = key;
  }

  /**
   * The authority in edge/authority, made where there is none. Can be killed at any point and repeated: the key is written
   * first, and a key without a certificate gets one. Throws `restore-needed` where the certificate is there and its key is not:
   * a new authority would have to be trusted anew by everybody.
   */
  static async open(edgeFolder: string, now: Date, host: string = hostname()): Promise<LocalAuthority> {
    const paths = authorityPaths(edgeFolder);
    const [certificate, key] = [await readText(paths.certificate), await readText(paths.key)];
    if (certificate !== undefined && key !== undefined && matches(certificate, key))
      return new LocalAuthority(certificate, key);
    if (certificate !== undefined) {
      throw new ProblemError({
        code: 'restore-needed',
        summary:
          key === undefined
            ? `The local authority's key ${paths.key} is missing`
            : `${paths.key} is not the key of ${paths.certificate}, or one of them is damaged`,
        where: { file: paths.key },
        cure: [
          `Put back both files of ${paths.folder} from a backup.`,
          `Or move ${paths.folder} away and run \`roadie up\` and \`roadie trust\` again: a new authority is made, which browsers have to trust anew.`,
        ],
      });
    }
    const signing = await import('./signing.ts');
    await ensureFolder(paths.folder, { mode: 0o700 });
    const newKey = key ?? (await signing.newKey());
    if (key === undefined) await writeAtomically(paths.key, newKey, { mode: 0o600 });
    const newCertificate = await signing.signAuthority(newKey, `Roadie local authority (${host})`, now);
    await writeAtomically(paths.certificate, newCertificate, { mode: 0o644 });
    return new LocalAuthority(newCertificate, newKey);
  }

  /** The authority's certificate, or undefined where there is no authority yet. Makes nothing. */
  static async readCertificate(edgeFolder: string): Promise<string | undefined> {
    return readText(authorityPaths(edgeFolder).certificate);
  }

  /** A certificate for a server with these names, PEM, for the public half of `key` (PKCS #8, PEM). */
  async issue(key: string, domains: readonly string[], now: Date): Promise<string> {
    const { signLeaf } = await import('./signing.ts');
    return signLeaf({ certificate: this.certificate, key: this.#key }, key, domains, now);
  }

  /** A new private key for a site, PKCS #8 in PEM. */
  async newKey(): Promise<string> {
    const { newKey } = await import('./signing.ts');
    return newKey();
  }
}

/** Whether a private key belongs to a certificate; false where either cannot be read. */
export function matches(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
