import type { Headers } from '../edge/security-headers.ts';

/**
 * What goes with Django's answers where Django has not said it, and with those that NGINX gives in Django's place (413, 429): the
 * variables of {@link securityMaps} and {@link hstsMap} are empty, and so not sent, where it would come twice.
 */
export function proxiedHeaders(
  site: string,
  options: { readonly framesByDjango: boolean; readonly hsts: string | null },
): Headers {
  return {
    'X-Content-Type-Options': '$roadie_content_type_options',
    'Referrer-Policy': '$roadie_referrer_policy',
    // Where Django's middleware sends it, a view without it is meant to be framed.
    'X-Frame-Options': options.framesByDjango ? '$roadie_own_frame_options' : '$roadie_frame_options',
    'Cross-Origin-Opener-Policy': '$roadie_own_opener_policy',
    ...(options.hsts !== null && { 'Strict-Transport-Security': `$${hstsVariable(site)}` }),
  };
}

/** A site's HSTS for the answers that NGINX gives in Django's place; Django sends its own. */
export function hstsMap(site: string, hsts: string | null): string {
  return hsts === null ? '' : `map $upstream_status $${hstsVariable(site)} {\n    default '';\n    '' "${hsts}";\n}\n`;
}

/** Site names have no underscore, so two sites never share a variable. */
function hstsVariable(site: string): string {
  return `roadie_hsts_${site.replaceAll('-', '_')}`;
}

/** Maps for all sites. A header that Django has set is not sent a second time. */
export const securityMaps = `# Security headers that Django has not set itself: an empty value is not sent, so none comes twice.
map $upstream_http_x_content_type_options $roadie_content_type_options {
    default '';
    '' nosniff;
}
map $upstream_http_referrer_policy $roadie_referrer_policy {
    default '';
    '' same-origin;
}
map $upstream_http_x_frame_options $roadie_frame_options {
    default '';
    '' SAMEORIGIN;
}
# Those that are Django's to leave out: only with answers for which it was not asked.
map $upstream_status $roadie_own_frame_options {
    default '';
    '' SAMEORIGIN;
}
map $upstream_status $roadie_own_opener_policy {
    default '';
    '' same-origin;
}
`;

/** All of them, errors included. An add_header in a location drops those of the levels above, so each place gets its whole set. */
export function addHeaders(all: Headers): string {
  return Object.entries(all)
    .map(
      ([name, value]) =>
        `add_header ${name} ${/^["$\w-]/.test(value) && !/[;= ]/.test(value.replace(/^".*"$/, '')) ? value : `"${value}"`} always;\n`,
    )
    .join('');
}
