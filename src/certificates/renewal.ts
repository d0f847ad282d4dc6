import type { CertificateView } from './certificate.ts';

/** Whether a new certificate has to be issued, and why or why not: a sentence fragment for people. */
export type RenewalDecision = { readonly needed: boolean; readonly because: string };

/**
 * Decides from what is there. It is renewed once a third or less of its lifetime is left, whatever that lifetime is, and
 * when the domains are no longer those it names.
 */
export function needsNewCertificate(
  existing: CertificateView | undefined,
  domains: readonly string[],
  now: Date,
): RenewalDecision {
  if (!existing) return { needed: true, because: 'there is none that can be read' };
  const wanted = [...new Set(domains.map((domain) => domain.toLowerCase()))].toSorted();
  const missing = wanted.filter((domain) => !existing.domains.includes(domain));
  if (missing.length > 0) return { needed: true, because: `it does not name ${missing.join(', ')}` };
  const surplus = existing.domains.filter((domain) => !wanted.includes(domain));
  if (surplus.length > 0) return { needed: true, because: `it still names ${surplus.join(', ')}` };
  if (now < existing.notBefore)
    return { needed: true, because: `it is not valid before ${existing.notBefore.toISOString()}` };
  if (now >= existing.notAfter) return { needed: true, because: `it ended at ${existing.notAfter.toISOString()}` };
  const renewAt = renewalTime(existing);
  if (now >= renewAt)
    return {
      needed: true,
      because: `less than a third of its lifetime is left: it ends at ${existing.notAfter.toISOString()}`,
    };
  return { needed: false, because: `it is valid until ${existing.notAfter.toISOString()}` };
}

/** When two thirds of its lifetime have passed. */
export function renewalTime(certificate: Pick<CertificateView, 'notBefore' | 'notAfter'>): Date {
  const lifetime = certificate.notAfter.getTime() - certificate.notBefore.getTime();
  return new Date(certificate.notAfter.getTime() - lifetime / 3);
}
