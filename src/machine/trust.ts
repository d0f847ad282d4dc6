import { createHash } from 'node:crypto';
import { readdir, readlink, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { ProblemError, type Problem } from '../problems/problem.ts';
import { describeFile, exists, readText, writeAtomically } from './files/files.ts';
import { run } from './processes/run.ts';
import { isRoot } from './system.ts';

/** Where Debian looks for authorities that the administrator added (update-ca-certificates(8)). */
const systemFolder = '/usr/local/share/ca-certificates';
/** Links to all of them by name and by hash, for OpenSSL. */
const systemLinks = '/etc/ssl/certs';
/** Everything the system trusts, as most programs read it. */
const systemBundle = '/etc/ssl/certs/ca-certificates.crt';

/** What was done, and what only a person can do: each line a sentence, those that start with `$ ` a command. */
export type TrustReport = { readonly changed: boolean; readonly advice: readonly string[] };

/** Where the system keeps an authority's certificate, named after its content so that two machines' authorities never meet. */
export function trustedPath(pem: string): string {
  return join(systemFolder, `roadie-${createHash('sha256').update(pem).digest('hex').slice(0, 12)}.crt`);
}

/** Whether the system's programs (curl, Python, git …) trust it. */
export async function isTrusted(pem: string): Promise<boolean> {
  const bundle = await readText(systemBundle);
  return (await readText(trustedPath(pem))) === pem && bundle !== undefined && bundle.includes(pem.trim());
}

/**
 * Adds an authority to what this system trusts, and to the browsers' own store in `home` where there is one. Can be repeated.
 * Throws `root-needed` without root, `packages-missing` without ca-certificates, `command-failed` with update-ca-certificates' words.
 */
export async function trustAuthority(pem: string, options: { readonly home?: string } = {}): Promise<TrustReport> {
  const already = await isTrusted(pem);
  if (!already) {
    requireRoot('roadie trust');
    await requireTool();
    await writeAtomically(trustedPath(pem), pem, { mode: 0o644 });
    await update();
  }
  const browsers = await browserStore('add', pem, options.home);
  return {
    changed: !already || browsers.changed,
    advice: [
      ...browsers.advice,
      'Firefox outside Debian, phones and other machines: `roadie ca` prints the certificate to import there.',
    ],
  };
}

/** Takes it back: the opposite of {@link trustAuthority}, with the same problems. */
export async function distrustAuthority(pem: string, options: { readonly home?: string } = {}): Promise<TrustReport> {
  const path = trustedPath(pem);
  const present = await exists(path);
  if (present) {
    requireRoot('roadie trust --undo');
    await requireTool();
    await rm(path, { force: true });
    await removeLinks(path);
    await update();
  }
  const browsers = await browserStore('remove', pem, options.home);
  return { changed: present || browsers.changed, advice: browsers.advice };
}

/**
 * Takes away the links to an authority that update-ca-certificates made. Its own `--fresh` takes all links away for some seconds,
 * and meanwhile no program of the machine trusts anybody.
 */
async function removeLinks(path: string): Promise<void> {
  const name = `${basename(path, '.crt')}.pem`;
  for (const entry of await readdir(systemLinks)) {
    const link = join(systemLinks, entry);
    const target = await readlink(link).catch(() => undefined);
    if (target === path || target === name) await rm(link, { force: true });
  }
}

/** Chromium and, on Debian, other programs of a user read ~/.pki/nssdb, not the system's store. */
async function browserStore(action: 'add' | 'remove', pem: string, home: string | undefined): Promise<TrustReport> {
  const store = home === undefined ? undefined : join(home, '.pki', 'nssdb');
  const name = `Roadie ${createHash('sha256').update(pem).digest('hex').slice(0, 12)}`;
  const command = (database: string, file: string) =>
    action === 'add'
      ? (['certutil', '-d', database, '-A', '-t', 'C,,', '-n', name, '-i', file] as const)
      : (['certutil', '-d', database, '-D', '-n', name] as const);
  const byHand =
    action === 'add'
      ? `$ certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n '${name}' -i ${trustedPath(pem)}`
      : `$ certutil -d sql:$HOME/.pki/nssdb -D -n '${name}'`;
  if (store === undefined || !(await exists(join(store, 'cert9.db')))) {
    return {
      changed: false,
      advice:
        action === 'add'
          ? ['Chromium keeps its own store; as the user who browses here, with the package libnss3-tools:', byHand]
          : [],
    };
  }
  // As the store's owner: root would leave files of its own in somebody's home, and follow links there.
  const owner = await describeFile(store);
  const user = isRoot() && owner ? { user: { uid: owner.uid, gid: owner.gid, name: String(owner.uid) } } : {};
  const known = await run(['certutil', '-d', `sql:${store}`, '-L', '-n', name], user);
  if (known.code === 127)
    return { changed: false, advice: ['To reach Chromium, install the package libnss3-tools and type:', byHand] };
  if ((known.code === 0) === (action === 'add')) return { changed: false, advice: [] };
  const done = await run(command(`sql:${store}`, trustedPath(pem)), user);
  if (done.code === 0) return { changed: true, advice: ['Restart Chromium, so that it reads its store again.'] };
  return {
    changed: false,
    advice: [`certutil could not change ${store}: ${done.stderr.trim()}. Close the browser and type:`, byHand],
  };
}

async function requireTool(): Promise<void> {
  if (await exists('/usr/sbin/update-ca-certificates')) return;
  throw new ProblemError({
    code: 'packages-missing',
    summary: 'The package ca-certificates is missing, which keeps what this system trusts',
    cure: ['$ apt-get install ca-certificates'],
  });
}

async function update(): Promise<void> {
  const result = await run(['/usr/sbin/update-ca-certificates'], { timeoutSeconds: 120 });
  if (result.code === 0) return;
  const problem: Problem = {
    code: 'command-failed',
    summary: `update-ca-certificates ended with code ${result.code}`,
    detail: result.stderr.trim() || result.stdout.trim(),
    where: { file: systemFolder },
    cure: [`Fix what it names in ${systemFolder}, then run the command again.`],
  };
  throw new ProblemError(problem);
}

function requireRoot(command: string): void {
  if (isRoot()) return;
  throw new ProblemError({
    code: 'root-needed',
    summary: 'Only root can change what the system trusts',
    cure: [`$ sudo ${command}`],
  });
}
