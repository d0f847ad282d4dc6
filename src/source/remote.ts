import { git, type GitOptions } from './git.ts';
import { ProblemError } from '../problems/problem.ts';
import { hidePassword } from './address.ts';
import { fitsPattern } from './follow.ts';

/** Where a ref of a repository stands. */
export type Asked = {
  /** What was asked for, or the name of the default branch. */
  readonly ref: string;
  /** What to fetch: a full ref, or a commit. */
  readonly wanted: string;
  /** The hash that it stands at, as far as the remote tells. */
  readonly revision: string;
  /** Whether a tag of the pattern that was given stands there too; true without a pattern. */
  readonly passed: boolean;
};

/** What to ask a repository for. */
export type Question = {
  readonly url: string;
  /** Branch, tag or commit; the default branch where absent. */
  readonly ref: string | undefined;
  /** Name or pattern of a tag (see {@link fitsPattern}). */
  readonly tag?: string | undefined;
  /** The user that git runs as, for the cure of a problem. */
  readonly who: string | undefined;
};

/** Asks a repository where a ref stands, without fetching anything. Throws `source-missing`. */
export async function askRemote(question: Question, options: GitOptions): Promise<Asked> {
  const { ref, url, tag } = question;
  if (ref !== undefined && /^[0-9a-f]{40}$/.test(ref)) return { ref, wanted: ref, revision: ref, passed: true };
  const patterns =
    ref === undefined ? ['HEAD'] : ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
  // `^{}` is the commit that an annotated tag stands at.
  const tags = [
    ...(ref === undefined ? [] : [`refs/tags/${ref}^{}`]),
    ...(tag === undefined ? [] : [`refs/tags/${tag}*`]),
  ];
  const listed = await git(
    ['ls-remote', '--quiet', '--symref', '--end-of-options', url, ...patterns, ...tags],
    options,
  );
  if (listed.code !== 0)
    throw gitFailed(question, `The repository ${hidePassword(url)} cannot be read`, listed.stderr, listed.timedOut);
  const lines = listed.stdout.split('\n').map((line) => line.split('\t'));
  const standsAt = (name: string): string | undefined =>
    lines.find(([first, second]) => second === name && /^[0-9a-f]{40,64}$/.test(first ?? ''))?.[0];
  for (const wanted of patterns) {
    const revision = standsAt(`${wanted}^{}`) ?? standsAt(wanted);
    if (revision === undefined) continue;
    const branch = lines
      .find(([first, second]) => second === 'HEAD' && first?.startsWith('ref: refs/heads/'))?.[0]
      ?.slice('ref: refs/heads/'.length);
    return {
      ref: ref ?? branch ?? 'HEAD',
      wanted,
      revision,
      passed: tag === undefined || isTagged(lines, revision, tag),
    };
  }
  // Perhaps a shortened hash: only the whole history can tell.
  if (ref !== undefined && /^[0-9a-f]{7,39}$/.test(ref)) return { ref, wanted: ref, revision: ref, passed: true };
  throw new ProblemError({
    code: 'source-missing',
    summary:
      ref === undefined
        ? `The repository ${hidePassword(url)} has no commits`
        : `The repository ${hidePassword(url)} has no branch or tag ${ref}`,
    cure: ref === undefined ? ['Push a commit first.'] : [`$ git ls-remote --heads --tags ${hidePassword(url)}`],
  });
}

/** An annotated tag comes twice: as itself, and with `^{}` as the commit that it stands at. */
function isTagged(lines: readonly (readonly string[])[], revision: string, pattern: string): boolean {
  return lines.some(
    ([hash, name]) =>
      hash === revision &&
      name?.startsWith('refs/tags/') === true &&
      fitsPattern(name.slice('refs/tags/'.length).replace(/\^\{\}$/, ''), pattern),
  );
}

/** The problem `source-missing` from git's own words. */
export function gitFailed(
  { url, who }: Pick<Question, 'url' | 'who'>,
  summary: string,
  words: string,
  timedOut = false,
): ProblemError {
  const said = words.trim().split('\n').slice(-8).join('\n');
  const detail = timedOut ? `${said}\nIt took too long and was ended.`.trim() : said;
  const shown = hidePassword(url);
  const cures: [string, ...string[]] = /Permission denied \(publickey/.test(detail)
    ? [
        'A private repository needs a deploy key: this makes one and shows it.',
        `$ roadie deploy-key ${shown}`,
        'Or clone it yourself and give the folder.',
      ]
    : /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed/.test(detail)
      ? [
          'The host shows another key than the first time. If its owner has announced that, forget the old one:',
          `$ roadie deploy-key ${shown} --forget-host`,
        ]
      : /could not read (?:Username|Password)|Authentication failed/.test(detail)
        ? [
            'A private repository by https needs a token with the right to read it:',
            `$ roadie deploy-token ${shown}`,
            'Or use its ssh address with a deploy key: `git@host:owner/name.git`.',
          ]
        : /dubious ownership/.test(detail)
          ? [`Let ${who ?? 'one user'} own the whole repository: \`chown -R\`.`, 'Or give the folder of a clone.']
          : ['Check the address and the connection.', `$ git ls-remote ${shown}`];
  return new ProblemError({ code: 'source-missing', summary, ...(detail !== '' && { detail }), cure: cures });
}
