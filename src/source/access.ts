import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { ensureFolder, exists, readText, removeFile, writeAtomically } from '../machine/files/files.ts';
import type { GitAccess } from './git.ts';
import { type LentFile, lendFiles } from '../machine/files/lent-files.ts';
import type { Layout } from '../machine/layout.ts';
import { run } from '../machine/processes/run.ts';
import { ProblemError } from '../problems/problem.ts';
import type { RunAs } from '../services/service.ts';

/**
 * What Roadie shows to private repositories. It is kept for each repository's address, so that it can be made before there is
 * a site: hosts take a deploy key for one repository only.
 */
export type AccessPlaces = {
  /** Folder of all keys and tokens; only the daemon's user can enter it. */
  readonly keys: string;
  /** Folder below which keys are lent to git while it runs; in memory, on most machines. */
  readonly lent: string;
};

/** Where keys and tokens lie in Roadie's folders. The dot keeps the folder apart from those of sites. */
export function accessPlaces(layout: Pick<Layout, 'state' | 'run'>): AccessPlaces {
  return { keys: join(layout.state, 'keys'), lent: join(layout.run, '.lent') };
}

/** A deploy key as it may be shown. */
export type DeployKey = { readonly publicKey: string; readonly fingerprint: string };

const names = { key: 'id_ed25519', knownHosts: 'known_hosts', token: 'token' } as const;

function folderOf(places: AccessPlaces, url: string): string {
  return join(places.keys, createHash('sha256').update(url).digest('hex').slice(0, 24));
}

/** Makes a repository's deploy key unless there is one; with `anew` in place of the one before. Throws `packages-missing`, `command-failed`. */
export async function ensureDeployKey(places: AccessPlaces, url: string, anew: boolean): Promise<DeployKey> {
  const folder = folderOf(places, url);
  const key = join(folder, names.key);
  await ensureFolder(places.keys, { mode: 0o700 });
  await ensureFolder(folder, { mode: 0o700 });
  if (anew || !(await exists(`${key}.pub`))) {
    const temporary = join(folder, `.${process.pid}.new`);
    await removeFile(temporary);
    await removeFile(`${temporary}.pub`);
    const made = await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'roadie', '-f', temporary], {
      timeoutSeconds: 60,
    });
    if (made.code !== 0) throw keygenFailed(made.code, made.stderr);
    const secret = (await readText(temporary)) ?? '';
    const open = (await readText(`${temporary}.pub`)) ?? '';
    await writeAtomically(key, secret, { mode: 0o600 });
    // Last: where it is, the key is whole.
    await writeAtomically(`${key}.pub`, open, { mode: 0o600 });
    await removeFile(temporary);
    await removeFile(`${temporary}.pub`);
  }
  const publicKey = ((await readText(`${key}.pub`)) ?? '').trim();
  const [fingerprint = ''] = await fingerprints(`${key}.pub`);
  return { publicKey, fingerprint };
}

/** The hosts that were met, each with its key's fingerprint: `github.com SHA256:… (ED25519)`. Empty before the first contact. */
export async function knownHosts(places: AccessPlaces, url: string): Promise<readonly string[]> {
  const path = join(folderOf(places, url), names.knownHosts);
  return (await exists(path)) ? fingerprints(path) : [];
}

/** Forgets which keys the host has shown: the next contact counts as the first. */
export async function forgetHost(places: AccessPlaces, url: string): Promise<void> {
  await removeFile(join(folderOf(places, url), names.knownHosts));
}

/** Keeps a token for a repository by https, with the user name that the host wants beside it; without one, forgets it. */
export async function keepToken(
  places: AccessPlaces,
  url: string,
  token: { readonly user: string; readonly value: string } | undefined,
): Promise<void> {
  const folder = folderOf(places, url);
  await ensureFolder(places.keys, { mode: 0o700 });
  await ensureFolder(folder, { mode: 0o700 });
  const path = join(folder, names.token);
  if (!token) return removeFile(path);
  await writeAtomically(path, JSON.stringify(token), { mode: 0o600 });
}

/**
 * Runs `work` with what git needs to reach a repository: its deploy key and the known hosts for ssh, its token for https. They
 * are lent to the user that git runs as, and taken away afterwards. A host is trusted at the first contact and held to its key.
 */
export async function withAccess<T>(
  places: AccessPlaces | undefined,
  input: { readonly url: string; readonly user: RunAs | undefined },
  work: (access: GitAccess | undefined) => Promise<T>,
): Promise<T> {
  const { url, user } = input;
  if (!places || url.startsWith('/') || url.startsWith('file:')) return work(undefined);
  const folder = folderOf(places, url);
  if (url.startsWith('https:')) {
    const text = await readText(join(folder, names.token));
    if (text === undefined) return work(undefined);
    const token = JSON.parse(text) as { readonly user: string; readonly value: string };
    const files: Record<string, LentFile> = {
      askpass: { content: askpass, mode: 0o500 },
      user: { content: token.user, mode: 0o400 },
      token: { content: token.value, mode: 0o400 },
      host: { content: new URL(url).host, mode: 0o400 },
    };
    return lendFiles(places.lent, files, user, ({ path }) =>
      work({ arguments: [], environment: { GIT_ASKPASS: join(path, 'askpass') } }),
    );
  }
  const key = await readText(join(folder, names.key));
  const before = (await readText(join(folder, names.knownHosts))) ?? '';
  const files: Record<string, LentFile> = {
    ...(key !== undefined && { [names.key]: { content: key, mode: 0o600 } }),
    [names.knownHosts]: { content: before, mode: 0o600 },
  };
  return lendFiles(places.lent, files, user, async ({ path, back }) => {
    try {
      return await work({
        arguments: ['-c', `core.sshCommand=${sshCommand(path, key !== undefined)}`],
        environment: {},
      });
    } finally {
      const after = await back(names.knownHosts).catch(() => before);
      if (after !== before) {
        await ensureFolder(places.keys, { mode: 0o700 });
        await ensureFolder(folder, { mode: 0o700 });
        await writeAtomically(join(folder, names.knownHosts), after, { mode: 0o600 });
      }
    }
  });
}

/** Git splits the command as a shell does, so the path is quoted; it is one of Roadie's own. */
function sshCommand(folder: string, hasKey: boolean): string {
  const path = (name: string): string => `'${join(folder, name).replaceAll("'", `'\\''`)}'`;
  const options = [
    '-F /dev/null',
    '-oBatchMode=yes',
    '-oConnectTimeout=20',
    '-oStrictHostKeyChecking=accept-new',
    '-oHashKnownHosts=no',
    '-oUpdateHostKeys=no',
    `-oUserKnownHostsFile=${path(names.knownHosts)}`,
    ...(hasKey ? ['-oIdentitiesOnly=yes', `-i ${path(names.key)}`] : []),
  ];
  return `ssh ${options.join(' ')}`;
}

/** Git asks "Username for 'https://host': " and "Password for 'https://user@host': ". After a redirect elsewhere it gets no answer. */
const askpass = `#!/bin/sh
host=$(cat "\${0%/*}/host")
case "$1" in
  "Username for 'https://$host'"*) exec cat "\${0%/*}/user" ;;
  "Password for 'https://"*"@$host'"*) exec cat "\${0%/*}/token" ;;
esac
exit 1
`;

async function fingerprints(path: string): Promise<readonly string[]> {
  const told = await run(['ssh-keygen', '-l', '-f', path], { timeoutSeconds: 20 });
  // `256 SHA256:… comment-or-host (ED25519)`
  return told.stdout.split('\n').flatMap((line) => {
    const match = /^\d+ (\S+) (.*) \((\S+)\)$/.exec(line);
    return match ? [`${match[2]} ${match[1]} (${match[3]})`] : [];
  });
}

function keygenFailed(code: number, words: string): ProblemError {
  if (code === 127)
    return new ProblemError({
      code: 'packages-missing',
      summary: 'ssh-keygen is not installed, and a deploy key needs it',
      cure: ['$ apt-get install openssh-client'],
    });
  return new ProblemError({
    code: 'command-failed',
    summary: `ssh-keygen could not make a key: it ended with ${code}`,
    detail: words.trim().slice(-1000),
    cure: ['Free some disk space, and run the same command again.'],
  });
}
