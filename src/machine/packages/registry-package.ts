import { createHash, timingSafeEqual } from 'node:crypto';

import semver from 'semver';

/** A version of a package as its registry describes it. */
export type RegistryVersion = {
  readonly version: string;
  /** Address of its archive. */
  readonly tarball: string;
  /** Hashes of the archive, as Subresource Integrity has them: `sha512-…`. */
  readonly integrity: string;
};

/**
 * The newest version of a package that the first range with any has; `ranges` as npm writes them, the best first. Undefined where
 * none has one. Throws in words where the registry does not answer.
 */
export async function findVersion(
  registry: string,
  name: string,
  ranges: readonly string[],
): Promise<RegistryVersion | undefined> {
  // The short form has what an installation needs: source, npm's registry API, 'Abbreviated metadata'.
  const answer = await ask(
    `${registry.replace(/\/$/, '')}/${name.replace('/', '%2f')}`,
    'application/vnd.npm.install-v1+json',
  );
  const { versions = {} } = (await answer.json()) as {
    readonly versions?: Readonly<Record<string, { readonly dist?: Partial<RegistryVersion> }>>;
  };
  for (const range of ranges) {
    const version = semver.maxSatisfying(Object.keys(versions), range);
    const { tarball, integrity } = versions[version ?? '']?.dist ?? {};
    if (version !== null && tarball !== undefined && integrity !== undefined) return { version, tarball, integrity };
  }
  return undefined;
}

/** The archive of a version, checked against the registry's hash. Throws in words where it does not fit or does not come. */
export async function download({ tarball, integrity }: RegistryVersion): Promise<Buffer> {
  const archive = Buffer.from(await (await ask(tarball, '*/*')).arrayBuffer());
  if (!isIntact(archive, integrity)) throw new Error(`${tarball} is not what the registry's hash says`);
  return archive;
}

/** Whether one of the strong hashes of an integrity string is that of some bytes. */
export function isIntact(bytes: Buffer, integrity: string): boolean {
  return integrity.split(/\s+/).some((one) => {
    const [, kind, hash] = /^(sha512|sha384|sha256)-([A-Za-z0-9+/=]+)/.exec(one) ?? [];
    if (kind === undefined || hash === undefined) return false;
    const [is, meant] = [createHash(kind).update(bytes).digest(), Buffer.from(hash, 'base64')];
    return is.length === meant.length && timingSafeEqual(is, meant);
  });
}

/** The best of some versions for the first range that has any; undefined where none has. */
export function bestOf(versions: readonly string[], ranges: readonly string[]): string | undefined {
  for (const range of ranges) {
    const version = semver.maxSatisfying([...versions], range);
    if (version !== null) return version;
  }
  return undefined;
}

/**
 * The ranges in which to look for a Node, the best first: the usual one where the project's range has it, else the newest long-term
 * one of it, else any of it; last, where an exact version is not to be had, another of its series. Even numbers become long-term.
 */
export function nodeRanges(range: string, usual: string): readonly string[] {
  const exact = /^\d+\.\d+\.\d+$/.test(range);
  const wide = semver.validRange(range);
  if (wide === null) return [usual];
  const lts = [usual, ...[26, 24, 22, 20, 18, 16, 14, 12, 10].map(String)].filter((one) => semver.subset(one, wide));
  return [...lts, range, ...(exact ? [`^${range}`, `${semver.major(range)}`] : [])];
}

async function ask(address: string, accept: string): Promise<Response> {
  let last = '';
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const answer = await fetch(address, { headers: { accept }, signal: AbortSignal.timeout(300_000) });
      if (answer.ok) return answer;
      last = `${address} answered ${answer.status}`;
      if (answer.status < 500) break;
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
      last = `${address} does not answer${cause}`;
    }
  }
  throw new Error(last);
}
