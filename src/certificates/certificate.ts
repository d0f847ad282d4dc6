import { X509Certificate } from 'node:crypto';

/** What a served certificate says, as far as anybody here decides from it. */
export type CertificateView = {
  /** The names it is valid for: DNS names and addresses, in lower case, sorted. */
  readonly domains: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** The issuer's common name, or its whole name where it has none. */
  readonly issuer: string;
  /** Hexadecimal, without colons. */
  readonly serial: string;
};

/** Reads the first certificate of a PEM file; undefined where there is none that can be read. */
export function readCertificate(pem: string | undefined): CertificateView | undefined {
  const certificate = parse(pem);
  if (!certificate) return undefined;
  return {
    domains: (certificate.subjectAltName ?? '')
      .split(', ')
      .map((name) => /^(?:DNS|IP Address):(.+)$/.exec(name)?.[1]?.toLowerCase())
      .filter((name) => name !== undefined)
      .toSorted(),
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    issuer: /^CN=(.+)$/m.exec(certificate.issuer)?.[1] ?? certificate.issuer.replaceAll('\n', ', '),
    serial: certificate.serialNumber,
  };
}

/** Whether a certificate was signed by an authority: its name and its key. */
export function isIssuedBy(pem: string, authorityPem: string): boolean {
  const certificate = parse(pem);
  const authority = parse(authorityPem);
  return (
    certificate !== undefined &&
    authority !== undefined &&
    certificate.checkIssued(authority) &&
    certificate.verify(authority.publicKey)
  );
}

function parse(pem: string | undefined): X509Certificate | undefined {
  try {
    return pem === undefined ? undefined : new X509Certificate(pem);
  } catch {
    // Not a certificate: cut short, or edited by hand.
    return undefined;
  }
}
