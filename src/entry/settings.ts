import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import packageFile from '../../package.json' with { type: 'json' };
import { layout, type Layout, standardBase } from '../machine/layout.ts';

/** What the process's environment and the program's own place decide, once, at its start. */
export type ProcessSettings = {
  readonly version: string;
  readonly layout: Layout;
  readonly root: boolean;
  /** This program again: `command('job')` is the argv that starts a job process. */
  readonly command: (...words: readonly string[]) => [string, ...string[]];
  /** Absolute path of Roadie's own folder. */
  readonly home: string;
  /** What downloads need of the environment: proxies, certificates, package indexes. */
  readonly network: Readonly<Record<string, string>>;
  /** Absolute path of the launcher `roadie`. */
  readonly launcher: string;
};

/** Variables of pip, uv, npm and every HTTP client; none holds anything of a site. */
const networkNames =
  /^(https?_proxy|no_proxy|all_proxy|ssl_cert_(file|dir)|requests_ca_bundle|pip_[a-z_]+|uv_[a-z_]+|npm_config_registry|node_extra_ca_certs)$/i;

/**
 * ROADIE_BASE and ROADIE_RUN choose other folders than /var/lib/roadie and /run/roadie: several instances on one machine, and
 * tests. Without root the defaults are ~/.local/state/roadie and $XDG_RUNTIME_DIR/roadie.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): ProcessSettings {
  const root = process.getuid?.() === 0;
  const uid = process.getuid?.() ?? 0;
  const base = environment['ROADIE_BASE'] ?? (root ? standardBase : join(homeOf(environment), '.local/state/roadie'));
  const run =
    environment['ROADIE_RUN'] ??
    (root ? '/run/roadie' : join(environment['XDG_RUNTIME_DIR'] ?? `/tmp/roadie-${uid}`, 'roadie'));
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const home = fileURLToPath(new URL('../..', import.meta.url));
  return {
    version: packageFile.version,
    layout: layout(base, run),
    root,
    command: (...words) => [process.execPath, ...process.execArgv, main, ...words],
    home,
    network: Object.fromEntries(
      Object.entries(environment).filter(
        (entry): entry is [string, string] => networkNames.test(entry[0]) && entry[1] !== undefined,
      ),
    ),
    launcher: join(home, 'roadie'),
  };
}

/** The home in the user database counts; HOME where the user is in none, as in many containers. */
function homeOf(environment: Readonly<Record<string, string | undefined>>): string {
  try {
    return userInfo().homedir;
  } catch {
    return environment['HOME'] ?? '/';
  }
}
