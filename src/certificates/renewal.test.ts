import { describe, expect, it } from 'vitest';

import { needsNewCertificate, renewalTime } from './renewal.ts';

const certificate = {
  domains: ['a.example', 'b.example'],
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date('2026-03-31T00:00:00Z'),
  issuer: 'x',
  serial: '01',
};

describe('needsNewCertificate', () => {
  it('wants one where there is none', () => {
    expect(needsNewCertificate(undefined, ['a.example'], new Date('2026-01-02T00:00:00Z'))).toStrictEqual({
      needed: true,
      because: 'there is none that can be read',
    });
  });

  it('keeps one that names the same domains in another order and case', () => {
    expect(
      needsNewCertificate(certificate, ['B.example', 'a.example', 'a.example'], new Date('2026-01-02T00:00:00Z'))
        .needed,
    ).toBe(false);
  });

  it('names the domain that was added', () => {
    expect(
      needsNewCertificate(certificate, ['a.example', 'b.example', 'c.example'], new Date('2026-01-02T00:00:00Z')),
    ).toStrictEqual({ needed: true, because: 'it does not name c.example' });
  });

  it('does not go on naming a domain that was taken away', () => {
    expect(needsNewCertificate(certificate, ['a.example'], new Date('2026-01-02T00:00:00Z'))).toStrictEqual({
      needed: true,
      because: 'it still names b.example',
    });
  });

  it.each([
    { at: '2026-03-01T23:59:59Z', needed: false },
    { at: '2026-03-02T00:00:00Z', needed: true },
    { at: '2026-03-31T00:00:00Z', needed: true },
    { at: '2025-12-31T23:59:59Z', needed: true },
  ])('of a lifetime of 89 days, at $at it says needed: $needed', ({ at, needed }) => {
    const thirtyDaysLeft = { ...certificate, notAfter: new Date('2026-04-01T00:00:00Z') };
    expect(renewalTime(thirtyDaysLeft).toISOString()).toBe('2026-03-02T00:00:00.000Z');
    expect(needsNewCertificate(thirtyDaysLeft, certificate.domains, new Date(at)).needed).toBe(needed);
  });

  it('takes the lifetime from the certificate: six days are renewed after four', () => {
    const short = { ...certificate, notAfter: new Date('2026-01-07T00:00:00Z') };
    expect(renewalTime(short).toISOString()).toBe('2026-01-05T00:00:00.000Z');
  });
});
