import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { ensureFolder, readText, writeAtomically } from '../machine/files/files.ts';
import { listFolder, removeTree } from '../machine/files/tree.ts';
import { ProblemError } from '../problems/problem.ts';
import { isPrivateName, maySignAnything, permittedFor } from './name-constraints.ts';

type AuthorityPaths = { readonly folder: string; readonly certificate: string; readonly key: string };

/** The files of the machine's authority below edge/. */
export function authorityPaths(edgeFolder: string): AuthorityPaths {
  return pathsIn(join(edgeFolder, 'authority'));
}

/** Who is to get a certificate. */
export type Subject = { readonly site: string; readonly domains: readonly string[] };

/** Below edge/: authorities of single sites that have public names, each in a folder named after the names it may sign for. */
export function siteAuthorities(edgeFolder: string, site: string): string {
  return join(authorityPaths(edgeFolder).folder, 'sites', site);
}

function pathsIn(folder: string): AuthorityPaths {
  return { folder, certificate: join(folder, 'root.pem'), key: join(folder, 'root.key') };
}

function fingerprintOf(domains: readonly string[]): string {
  return createHash('sha256').update(permittedFor(domains).join('\n')).digest('hex').slice(0, 12);
}

/**
 * The authority that signs for a subject. The machine's own may sign for private names and nothing else, so whoever trusts it
 * trusts it with nobody's site. Public names get one that may sign for these alone. An authority from before there were
 * constraints goes on with all names: what trusts it must not find its certificates signed by another from one day to the next.
 */
async function pathsFor(edgeFolder: string, { site, domains }: Subject): Promise<AuthorityPaths> {
  const machine = authorityPaths(edgeFolder);
  if (domains.every(isPrivateName)) return machine;
  const certificate = await readText(machine.certificate);
  if (certificate !== undefined && maySignAnything(certificate)) return machine;
  return pathsIn(join(siteAuthorities(edgeFolder, site), fingerprintOf(domains)));
}

/**
 * An authority of this machine, which signs the certificates of its sites until a public one does, each only for the names that
 * it was made for. Its key never leaves the machine.
 */
export class LocalAuthority {
  /** The certificate that people add to what they trust, PEM. */
  readonly certificate: string;
  readonly #key: string;

  private constructor(certificate: string, key: string) {
    this.certificate = certificate;
    this.#key = key;
  }

  /**
   * The authority in edge/authority that signs for a subject, made where there is none. Can be killed at any point and repeated: the key is written
   * first, and a key without a certificate gets one. Throws `restore-needed` where the certificate is there and its key is not:
   * a new authority would have to be trusted anew by everybody.
   */
  static async open(
    edgeFolder: string,
    subject: Subject,
    now: Date,
    host: string = hostname(),
  ): Promise<LocalAuthority> {
    const paths = await pathsFor(edgeFolder, subject);
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
    const machine = authorityPaths(edgeFolder).folder;
    const isShared = paths.folder === machine;
    const folders = [machine, ...(isShared ? [] : [join(machine, 'sites'), siteAuthorities(edgeFolder, subject.site)])];
    for (const folder of new Set([...folders, paths.folder])) await ensureFolder(folder, { mode: 0o700 });
    const newKey = key ?? (await signing.newKey());
    if (key === undefined) await writeAtomically(paths.key, newKey, { mode: 0o600 });
    const called = isShared
      ? { name: `Roadie local authority (${host})` }
      : {
          name: `Roadie local authority for ${subject.domains[0] ?? ''}`,
          unit: `${host} ${fingerprintOf(subject.domains)}`,
        };
    const newCertificate = await signing.signAuthority(newKey, called, permittedFor(subject.domains), now);
    await writeAtomically(paths.certificate, newCertificate, { mode: 0o644 });
    return new LocalAuthority(newCertificate, newKey);
  }

  /** The certificate of the authority that signs for a subject, or undefined where there is none yet. Makes nothing. */
  static async readCertificate(edgeFolder: string, subject: Subject): Promise<string | undefined> {
    return readText((await pathsFor(edgeFolder, subject)).certificate);
  }

  /** The certificates of all authorities of this machine, its own first. */
  static async readAll(edgeFolder: string): Promise<readonly string[]> {
    const machine = authorityPaths(edgeFolder);
    const found = [await readText(machine.certificate)];
    for (const site of await listFolder(join(machine.folder, 'sites')))
      for (const name of await listFolder(siteAuthorities(edgeFolder, site)))
        found.push(await readText(pathsIn(join(siteAuthorities(edgeFolder, site), name)).certificate));
    return found.filter((certificate) => certificate !== undefined);
  }

  /** Removes the authorities that a site had for other names than it has now. */
  static async forgetOthers(edgeFolder: string, subject: Subject): Promise<void> {
    const { folder } = await pathsFor(edgeFolder, subject);
    const all = siteAuthorities(edgeFolder, subject.site);
    for (const name of await listFolder(all)) if (join(all, name) !== folder) await removeTree(join(all, name));
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
