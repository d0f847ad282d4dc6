import { ensureFolder, readText, writeAtomically } from '../machine/files/files.ts';
import type { Layout } from '../machine/layout.ts';
import { dirname, join } from 'node:path';

import { isIssuedBy, readCertificate, type CertificateView } from './certificate.ts';
import { LocalAuthority, matches } from './local-authority.ts';
import { needsNewCertificate, type RenewalDecision } from './renewal.ts';

/** A site's certificate as it is on disk now. `changed`: the edge must be reloaded to serve it. */
export type EnsuredCertificate = CertificateView & { readonly changed: boolean; readonly because: string };

/** The files of a site's certificate: `edge/certificates/NAME/`. */
export function certificatePaths(edgeFolder: string, site: string): { readonly chain: string; readonly key: string } {
  const folder = join(edgeFolder, 'certificates', site);
  return { chain: join(folder, 'fullchain.pem'), key: join(folder, 'key.pem') };
}

/** What {@link ensureCertificate} would do, without doing it: for plans. */
export async function inspectCertificate(options: {
  readonly layout: Pick<Layout, 'edge'>;
  readonly site: string;
  readonly domains: readonly string[];
  readonly now: Date;
}): Promise<RenewalDecision & { readonly existing?: CertificateView }> {
  const paths = certificatePaths(options.layout.edge, options.site);
  const [chain, key, authority] = await Promise.all([
    readText(paths.chain),
    readText(paths.key),
    LocalAuthority.readCertificate(options.layout.edge, options),
  ]);
  const existing = readCertificate(chain);
  const decision = decide(existing, chain, key, authority, options.domains, options.now);
  return { ...decision, ...(existing && { existing }) };
}

/**
 * Sees to it that a site has a certificate for exactly its domains, with time left, from the local authority (made where there
 * is none). A renewal keeps the key: key and certificate are two files, and a kill between them must not leave two that do not
 * belong together. Throws `restore-needed` where the authority's key is gone.
 */
export async function ensureCertificate(options: {
  readonly layout: Pick<Layout, 'edge'>;
  readonly site: string;
  readonly domains: readonly [string, ...string[]];
  readonly now: Date;
  /** Named in the authority's subject; default: this machine's. */
  readonly host?: string;
}): Promise<EnsuredCertificate> {
  const { layout, site, domains, now } = options;
  const authority = await LocalAuthority.open(layout.edge, options, now, options.host);
  const paths = certificatePaths(layout.edge, site);
  const [chain, key] = await Promise.all([readText(paths.chain), readText(paths.key)]);
  const existing = readCertificate(chain);
  const decision = decide(existing, chain, key, authority.certificate, domains, now);
  if (!decision.needed && existing) return { ...existing, changed: false, because: decision.because };

  await ensureFolder(dirname(dirname(paths.chain)), { mode: 0o700 });
  await ensureFolder(dirname(paths.chain), { mode: 0o700 });
  let usedKey = key;
  let issued = usedKey === undefined ? undefined : await authority.issue(usedKey, domains, now).catch(() => undefined);
  if (usedKey === undefined || issued === undefined) {
    usedKey = await authority.newKey();
    issued = await authority.issue(usedKey, domains, now);
    await writeAtomically(paths.key, usedKey, { mode: 0o600 });
  }
  await writeAtomically(paths.chain, issued, { mode: 0o644 });
  await LocalAuthority.forgetOthers(layout.edge, options);
  const view = readCertificate(issued);
  if (!view) throw new Error('the certificate just issued cannot be read');
  return { ...view, changed: true, because: decision.because };
}

function decide(
  existing: CertificateView | undefined,
  chain: string | undefined,
  key: string | undefined,
  authority: string | undefined,
  domains: readonly string[],
  now: Date,
): RenewalDecision {
  const decision = needsNewCertificate(existing, domains, now);
  if (decision.needed || chain === undefined) return decision;
  if (key === undefined) return { needed: true, because: 'its key is missing' };
  if (!matches(chain, key)) return { needed: true, because: 'its key is another one' };
  if (authority === undefined || !isIssuedBy(chain, authority))
    return { needed: true, because: 'the local authority of this machine did not issue it' };
  return decision;
}
