import { failed, ok, type Problem, type Result } from '../problems/problem.ts';

/** What a person gave as the source of a project, understood. */
export type Address =
  | { readonly kind: 'folder'; readonly path: string }
  /** `local` is the repository's folder where the address names one on this machine. */
  | {
      readonly kind: 'git';
      readonly url: string;
      readonly ref?: string;
      readonly subfolder: string;
      readonly local?: string;
    };

/** Longest address that is looked at, in characters. */
const addressLimit = 4096;

/** `user@host:path`, as git and ssh write it. Neither part may begin with '-': ssh would take it for an option. */
const shorthand = /^(?:[A-Za-z0-9_][\w.-]*)@(?:[A-Za-z0-9][A-Za-z0-9.-]*):(?!\/\/)[^-].*$/;
const hostName = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;
const userName = /^[A-Za-z0-9_][\w.%-]*$/;

/**
 * Understands the source of a project: an absolute path, or a repository's address by https, ssh, `git@host:path` or file.
 * Everything else is refused, since git's other transports run programs (`ext::`) or are neither private nor signed
 * (`git://`, `http://`). A `#REF` or `#REF:FOLDER` at the end of a repository's address is its ref and subfolder.
 * A path comes back as a folder; whether it is a bare repository only the disk can tell (see {@link localRepository}).
 */
export function parseAddress(source: string): Result<Address> {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (source === '' || source.length > addressLimit || /[\u0000-\u001f\u007f]/.test(source))
    return failed(refused(source, 'it is empty, too long or has control characters in it'));
  if (source.startsWith('/')) return ok({ kind: 'folder', path: trimSlash(source) });
  if (source.startsWith('-')) return failed(refused(source, "it begins with '-', which git would take for an option"));
  const { address, ref, subfolder } = splitFragment(source);
  const where = checkSubfolder(subfolder);
  if (where) return failed(where);
  if (ref !== undefined) {
    const problem = checkRef(ref);
    if (problem) return failed(problem);
  }
  const more = { subfolder, ...(ref !== undefined && { ref }) };
  if (/^[A-Za-z][A-Za-z0-9+.-]*::/.test(address))
    return failed(refused(source, 'it names a transport that runs programs'));
  if (!address.includes('://')) {
    if (shorthand.test(address) && !address.includes('..')) return ok({ kind: 'git', url: address, ...more });
    return failed(refused(source, 'it is neither an absolute path nor an address by https, ssh or file'));
  }
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url) return failed(refused(source, 'it is not a valid address'));
  if (url.protocol === 'file:') return parseFile(source, url, more);
  if (url.protocol !== 'https:' && url.protocol !== 'ssh:')
    return failed(refused(source, `its scheme is ${url.protocol.slice(0, -1)}`));
  if (!hostName.test(url.hostname) && !/^\[[0-9a-f:.]+\]$/i.test(url.hostname))
    return failed(refused(source, 'its host is not a name'));
  if (url.username !== '' && !userName.test(url.username)) return failed(refused(source, 'its user is not a name'));
  if (url.password !== '' || (url.protocol === 'https:' && url.username !== '')) {
    return failed({
      code: 'source-refused',
      summary: 'The repository address has a user name or password in it, which would be written into state and logs',
      cure: [
        'Use an ssh address with a deploy key: `git@host:owner/name.git`.',
        'Or clone it yourself and give the folder.',
      ],
    });
  }
  if (url.pathname === '/' || url.pathname.startsWith('/-')) return failed(refused(source, 'it names no repository'));
  return ok({ kind: 'git', url: address, ...more });
}

function parseFile(
  source: string,
  url: URL,
  more: { readonly subfolder: string; readonly ref?: string },
): Result<Address> {
  if (url.hostname !== '' && url.hostname !== 'localhost') return failed(refused(source, 'a file address has no host'));
  let path: string;
  try {
    path = decodeURIComponent(url.pathname);
  } catch {
    return failed(refused(source, 'its path is not encoded as addresses are'));
  }
  if (path.includes('\0') || path === '/') return failed(refused(source, 'it names no repository'));
  return ok({ kind: 'git', url: `file://${url.pathname}`, local: trimSlash(path), ...more });
}

/** The address of a bare repository that was given as a path. */
export function localRepository(path: string): Extract<Address, { kind: 'git' }> {
  return { kind: 'git', url: path, local: path, subfolder: '' };
}

function splitFragment(source: string): {
  readonly address: string;
  readonly ref?: string;
  readonly subfolder: string;
} {
  const at = source.indexOf('#');
  if (at < 0) return { address: source, subfolder: '' };
  const [ref = '', ...folder] = source.slice(at + 1).split(':');
  return {
    address: source.slice(0, at),
    subfolder: folder.join(':').replace(/^\.?\/+|\/+$/g, ''),
    ...(ref !== '' && { ref }),
  };
}

function checkSubfolder(subfolder: string): Problem | undefined {
  const parts = subfolder.split('/');
  if (
    subfolder === '' ||
    parts.every((part) => part !== '' && part !== '.' && part !== '..' && part !== '.git' && !part.includes('\\'))
  )
    return undefined;
  return {
    code: 'source-refused',
    summary: `The folder ${JSON.stringify(subfolder)} is not a folder inside the repository`,
    cure: ['Give it as `ADDRESS#REF:FOLDER/INSIDE`.'],
  };
}

/**
 * Checks a branch, tag or commit after git's own rules (git-check-ref-format(1)) and refuses what git would read as an
 * option, a range or a refspec. Undefined where it is fine.
 */
export function checkRef(ref: string): Problem | undefined {
  const bad =
    ref === '' ||
    ref.length > 255 ||
    ref.startsWith('-') ||
    ref.startsWith('/') ||
    ref.endsWith('/') ||
    ref.endsWith('.') ||
    ref === '@' ||
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\//.test(ref) ||
    ref.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock') || part.startsWith('-'));
  if (!bad) return undefined;
  return {
    code: 'source-refused',
    summary: `${JSON.stringify(ref.slice(0, 80))} is not the name of a branch or tag, nor a commit`,
    cure: ['Give a branch, a tag or a commit hash, e.g. `--ref main`.'],
  };
}

function refused(source: string, why: string): Problem {
  return {
    code: 'source-refused',
    summary: `${JSON.stringify(hidePassword(source).slice(0, 120))} cannot be the source of a site: ${why}`,
    cure: [
      'Give a folder, or a repository as `https://host/owner/name.git`, `ssh://git@host/owner/name.git` or `git@host:owner/name.git`.',
    ],
  };
}

/** An address as it may be shown: without what stands between `//` and `@`, unless that is a user of ssh and no more. */
export function hidePassword(source: string): string {
  if (/^ssh:\/\/[\w.-]*@/.test(source)) return source;
  return source.replace(/\/\/[^/@]*@/, '//…@');
}

function trimSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/, '');
}
