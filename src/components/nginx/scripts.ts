import type { EdgePlace } from '../edge/place.ts';
import { edgePaths } from './edge-place.ts';
import { shellWord } from '../../problems/shell-word.ts';

/**
 * The script that decides which sites NGINX serves. NGINX starts with all of its configuration or not at all: one missing
 * certificate would close every site. So it is asked beforehand, and a site that it refuses is left out, alone.
 * Exit 0: all sites are in. 3: some are left out (each with NGINX's words on standard error). 1: it refuses even without sites.
 */
export function prepareScript(place: EdgePlace): string {
  return `#!/bin/sh
# Written by Roadie. Writes enabled.conf: the sites that NGINX accepts.
# Exit 0: all of them. 3: some are left out. 1: NGINX refuses the configuration even without sites.
set -u
unset NGINX
edge=${shellWord(place.folder)}
nginx=${shellWord(place.program)}
find "$edge" -maxdepth 1 -name '.try.*' -mmin +60 -exec rm -rf {} +
try=$(mktemp -d "$edge/.try.XXXXXX") || exit 1
trap 'rm -rf "$try"' EXIT
trap 'exit 1' HUP INT TERM
ln -s "$edge/nginx.conf" "$try/nginx.conf" || exit 1
accepted() { "$nginx" -t -q -c "$try/nginx.conf" >"$try/why" 2>&1; }
with() { printf 'include "%s";\\n' "$1" >>"$try/enabled.conf"; }

status=0
: >"$try/enabled.conf"
for site in "$edge"/sites/*.conf; do [ -e "$site" ] && with "$site"; done
if ! accepted; then
  : >"$try/enabled.conf"
  if ! accepted; then cat "$try/why" >&2; exit 1; fi
  for site in "$edge"/sites/*.conf; do
    [ -e "$site" ] || continue
    cp "$try/enabled.conf" "$try/before" || exit 1
    with "$site"
    accepted && continue
    status=3
    echo "NGINX refuses $site, so it is left out:" >&2
    cat "$try/why" >&2
    mv "$try/before" "$try/enabled.conf" || exit 1
  done
fi
cmp -s "$try/enabled.conf" "$edge/enabled.conf" || mv -f "$try/enabled.conf" "$edge/enabled.conf" || exit 1
exit "$status"
`;
}

/** The script that the supervisor starts NGINX with. `exec` keeps the process id; the sockets are inherited as they are. */
export function startScript(place: EdgePlace): string {
  const paths = edgePaths(place);
  return `#!/bin/sh
# Written by Roadie. Starts NGINX with every site that it accepts.
sh ${shellWord(paths.prepare)}
# A killed NGINX leaves its private socket's file, which would be in the way. (NGINX knows inherited sockets by the name that
# they were bound to, so the supervisor, which renames its unix sockets into place, cannot hold this one.)
rm -f ${shellWord(paths.status)}
exec ${shellWord(place.program)} -c ${shellWord(paths.main)}
`;
}
