import { dirname } from 'node:path';

import { certificatePaths, ensureCertificate, inspectCertificate } from '../../certificates/ensure.ts';
import { LocalAuthority } from '../../certificates/local-authority.ts';
import { removeTree } from '../../machine/files/tree.ts';
import type { Layout } from '../../machine/layout.ts';
import { isTrusted } from '../../machine/trust.ts';
import type { SiteRecord } from '../../sites/record.ts';
import type { Target } from '../target.ts';
import type { Certificates, Kind } from './host.ts';
import { reloadChecked } from './edge-files.ts';

/** Certificates: the edge reads what was issued. */
export const certificateKind: Kind<'certificate'> = {
  observe: (resources, { certificates }) =>
    Promise.all(resources.map(async (resource) => ({ id: resource.id, ...(await certificates.observe(resource)) }))),

  async apply(resources, host) {
    for (const resource of resources) await host.certificates.issue(resource);
    await reloadChecked(host);
  },
};

/** The certificate of a site as it lies on this machine. */
export function machineCertificates(layout: Pick<Layout, 'edge'>, site: string): Certificates {
  return {
    async observe({ wanted }) {
      const found = await inspectCertificate({ layout, ...wanted, now: new Date() });
      if (!found.existing) return { state: 'absent' };
      return found.needed ? { state: 'different', how: found.because } : { state: 'same' };
    },
    async issue({ wanted }) {
      await ensureCertificate({ layout, ...wanted, now: new Date() });
    },
    async remove() {
      await removeTree(dirname(certificatePaths(layout.edge, site).chain));
    },
  };
}

/** What visitors are shown, as {@link Target.certificate} tells it. */
export async function shownCertificate(
  layout: Pick<Layout, 'edge'>,
  { name, domains }: Pick<SiteRecord, 'name' | 'domains'>,
): ReturnType<Target['certificate']> {
  const { existing } = await inspectCertificate({ layout, site: name, domains, now: new Date() });
  if (!existing) return undefined;
  const authority = await LocalAuthority.readCertificate(layout.edge, { site: name, domains });
  return {
    issuer: existing.issuer,
    notAfter: existing.notAfter,
    trusted: authority !== undefined && (await isTrusted(authority)),
  };
}
