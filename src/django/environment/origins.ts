/** `https://host`, with the port where it isn't 443; without the scheme for Django before 4.0. */
export function origins(
  domains: readonly string[],
  ports: { readonly https: number },
  withScheme = true,
): readonly string[] {
  const port = ports.https === 443 ? '' : `:${ports.https}`;
  return domains.map((domain) => `${withScheme ? 'https://' : ''}${domain}${port}`);
}

/** Whether ALLOWED_HOSTS lets a host through, by Django's rules: `*`, the same name, or `.example.com` for it and all below. */
export function hostIsAllowed(host: string, allowed: readonly string[]): boolean {
  return allowed.some((pattern) => pattern === '*' || matches(host.toLowerCase(), pattern.toLowerCase()));
}

/** Whether CSRF_TRUSTED_ORIGINS holds an origin, exactly or by `https://*.example.com`. */
export function originIsTrusted(origin: string, trusted: readonly string[]): boolean {
  return trusted.some((pattern) => {
    if (pattern === origin) return true;
    const [scheme, rest] = pattern.split('://*');
    return rest !== undefined && rest !== '' && origin.startsWith(`${scheme ?? ''}://`) && origin.endsWith(rest);
  });
}

function matches(host: string, pattern: string): boolean {
  return pattern.startsWith('.') ? host.endsWith(pattern) || host === pattern.slice(1) : host === pattern;
}
