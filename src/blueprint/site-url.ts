/** The address that a person types: without the port where it is HTTPS's own. */
export function siteUrl(domain: string, httpsPort: number): string {
  return `https://${domain}${httpsPort === 443 ? '' : `:${httpsPort}`}/`;
}
