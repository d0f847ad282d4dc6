import type { Probe } from '../../django/facts.ts';

/** Headers by name, with their values. */
export type Headers = Readonly<Record<string, string>>;

/**
 * What goes with everything that the edge answers by itself: files, redirects and errors. `hsts` is null for what is asked over HTTP.
 * There is no Cross-Origin-Resource-Policy: pictures of a site are shown in mails and by other sites, and that is theirs to decide.
 */
export function ownHeaders(hsts: string | null): Headers {
  return {
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'same-origin',
    'X-Frame-Options': 'SAMEORIGIN',
    'Cross-Origin-Opener-Policy': 'same-origin',
    ...(hsts !== null && { 'Strict-Transport-Security': hsts }),
  };
}

/** Strict-Transport-Security as Django's SecurityMiddleware sends it with these settings; null where it sends none. */
export function hstsOf(probe: Pick<Probe, 'middleware' | 'security'>): string | null {
  const seconds = probe.security['SECURE_HSTS_SECONDS'];
  if (typeof seconds !== 'number' || !Number.isSafeInteger(seconds) || seconds <= 0) return null;
  if (!probe.middleware.some((name) => name.endsWith('.SecurityMiddleware'))) return null;
  const more = [
    ...(probe.security['SECURE_HSTS_INCLUDE_SUBDOMAINS'] === true ? ['includeSubDomains'] : []),
    ...(probe.security['SECURE_HSTS_PRELOAD'] === true ? ['preload'] : []),
  ];
  return [`max-age=${seconds}`, ...more].join('; ');
}
