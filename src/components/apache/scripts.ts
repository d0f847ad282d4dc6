import type { EdgePlace } from '../edge/place.ts';
import { shellWord } from '../../problems/shell-word.ts';
import { apachePaths } from './place.ts';

/**
 * The script that decides which sites Apache serves. Apache starts with all of its configuration or not at all, and its own test does
 * not look into certificates, so that is done here: a site that it would refuse is left out, alone.
 * Exit 0: all sites are in. 3: some are left out (each with the reason on standard error). 1: it refuses even without sites.
 */
export function prepareScript(place: EdgePlace): string {
  const paths = apachePaths(place);
  return `#!/bin/sh
# Written by Roadie. Writes enabled.conf: the sites that Apache accepts.
# Exit 0: all of them. 3: some are left out. 1: Apache refuses the configuration even without sites.
set -u
edge=${shellWord(paths.own)}
certificates=${shellWord(paths.certificates)}
apache=${shellWord(place.program)}
find "$edge" -maxdepth 1 -name '.try.*' -mmin +60 -exec rm -rf {} +
try=$(mktemp -d "$edge/.try.XXXXXX") || exit 1
trap 'rm -rf "$try"' EXIT
trap 'exit 1' HUP INT TERM
export ROADIE_ENABLED="$try/enabled.conf"
accepted() { "$apache" -t -f "$edge/apache.conf" >"$try/why" 2>&1; }
with() { printf 'Include "%s"\\n' "$1" >>"$try/enabled.conf"; }
# Whether a site's certificate and key belong to each other.
paired() {
  name=$(basename "$1" .conf)
  openssl x509 -in "$certificates/$name/fullchain.pem" -noout -pubkey >"$try/public" 2>"$try/why" &&
    openssl pkey -in "$certificates/$name/key.pem" -pubout 2>>"$try/why" | cmp -s - "$try/public" && return 0
  echo "its certificate and key do not belong to each other, or cannot be read" >>"$try/why"
  return 1
}

# For names that no site has.
if [ ! -s "$edge/nobody.pem" ]; then
  (umask 077; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=nobody.invalid -addext basicConstraints=critical,CA:FALSE -days 36500 \\
    -keyout "$try/key" -out "$try/certificate" 2>"$try/why" && cat "$try/certificate" "$try/key" >"$try/nobody.pem") ||
    { cat "$try/why" >&2; exit 1; }
  mv -f "$try/nobody.pem" "$edge/nobody.pem" || exit 1
fi

status=0
: >"$try/enabled.conf"
all=1
for site in "$edge"/sites/*.conf; do
  [ -e "$site" ] || continue
  if paired "$site"; then with "$site"; else all=0; fi
done
if [ $all = 0 ] || ! accepted; then
  : >"$try/enabled.conf"
  if ! accepted; then cat "$try/why" >&2; exit 1; fi
  for site in "$edge"/sites/*.conf; do
    [ -e "$site" ] || continue
    cp "$try/enabled.conf" "$try/before" || exit 1
    with "$site"
    paired "$site" && accepted && continue
    status=3
    echo "Apache refuses $site, so it is left out:" >&2
    cat "$try/why" >&2
    mv "$try/before" "$try/enabled.conf" || exit 1
  done
fi
cmp -s "$try/enabled.conf" "$edge/enabled.conf" || mv -f "$try/enabled.conf" "$edge/enabled.conf" || exit 1
exit "$status"
`;
}

/** The script that the supervisor starts Apache with. `exec` keeps the process id. */
export function startScript(place: EdgePlace): string {
  const paths = apachePaths(place);
  return `#!/bin/sh
# Written by Roadie. Starts Apache with every site that it accepts.
sh ${shellWord(paths.prepare)}
rm -f ${shellWord(paths.pid)}
export ROADIE_ENABLED=${shellWord(paths.enabled)}
exec ${shellWord(place.program)} -DFOREGROUND -f ${shellWord(paths.main)}
`;
}
