import { type Baseline, type Tally, type Witness } from './decide.ts';
import { patternOf } from './access-line.ts';

/** Asks a page of the process that serves (`live`) or of the one before, where it was kept; undefined where that is gone. */
export type AskPage = (of: 'live' | 'kept', path: string, timeoutMs: number) => Promise<Reply | undefined>;

/** How long an answer may take; and how long where it is to show that the application has time to answer. */
const answerMs = { page: 5000, prompt: 1000 } as const;

/** The status of an answer, or that none came in time. */
export type Reply = number | 'silent';

/** A page that was asked, and what came of it. */
export type Asked = {
  readonly path: string;
  readonly kind: string;
  /** It fails, and the release before does not (`worse`), does too (`same`), or cannot be asked (`bad`). `open`: nothing was found out. */
  readonly found: 'well' | 'open' | 'bad' | 'worse' | 'same';
  /** What the live release has answered last. */
  readonly reply: Reply;
};

/** A failure counts when it comes each of so many times. */
const times = 3;

/** Pages that are asked at once: few, since a small site has few threads. */
const mostPages = 6;

/**
 * Which pages to ask next: those that visitors saw failing, one of each kind of which another failed, the front page, the
 * health route, and what several visitors asked for. Nothing that a visitor has made up: apart from those two, only what was answered before.
 */
export function pagesToAsk(
  { pages, popular }: Baseline,
  suspects: Tally['suspects'],
  healthPath: string,
  blameless: ReadonlySet<string>,
): readonly string[] {
  const known = new Set(pages);
  const kinds = new Set(suspects.values());
  const wanted = [
    ...[...suspects.keys()].filter((path) => known.has(path)),
    ...[...kinds].flatMap((kind) => pages.find((path) => kindOf(path) === kind) ?? []),
  ].slice(0, mostPages - 2);
  return [...new Set([...wanted, '/', healthPath, ...popular])]
    .filter((path) => !blameless.has(path))
    .slice(0, mostPages);
}

/** Asks pages beside each other. */
export function askPages(paths: readonly string[], ask: AskPage, healthPath: string): Promise<readonly Asked[]> {
  return Promise.all(paths.map((path) => askPage(path, ask, healthPath)));
}

async function askPage(path: string, ask: AskPage, healthPath: string): Promise<Asked> {
  const kind = kindOf(path);
  let reply = await ask('live', path, answerMs.page);
  for (let count = 1; count < times && reply !== undefined && fails(reply); count += 1)
    reply = await ask('live', path, answerMs.page);
  if (reply === undefined) return { path, kind, found: 'open', reply: 'silent' };
  // Redirected to a login, say: what is behind it was not seen.
  if (reply !== 'silent' && reply < 500) return { path, kind, found: reply < 300 ? 'well' : 'open', reply };
  // No answer to anything is overload, or a hang that the supervisor ends: both can be visitors' doing.
  if (
    reply === 'silent' &&
    (path === healthPath || fails((await ask('live', healthPath, answerMs.prompt)) ?? 'silent'))
  )
    return { path, kind, found: 'open', reply };
  for (let count = 0; count < times; count += 1) {
    const control = await ask('kept', path, answerMs.page);
    if (control === undefined) return { path, kind, found: 'bad', reply };
    if (fails(control)) return { path, kind, found: 'same', reply };
  }
  return { path, kind, found: 'worse', reply };
}

/** What was found out so far. */
export type Findings = Witness & {
  /** Pages that failed the last time with nothing to compare them with but what was known of them. */
  readonly bad: ReadonlySet<string>;
  /** Pages that the release before fails at as well. */
  readonly blameless: ReadonlySet<string>;
};

/** Before the first round of questions. */
export const nothingFound: Findings = { regressed: [], cleared: new Set(), bad: new Set(), blameless: new Set() };

/**
 * What another round of questions adds. Where the release before can be asked as well, one round is enough. Where it cannot,
 * a page counts that was well before and fails in two rounds, if it is the front page or the health route or there are two kinds.
 */
export function addRound(before: Findings, asked: readonly Asked[], { pages }: Baseline, healthPath: string): Findings {
  const bad = asked.filter(({ found, path }) => found === 'bad' && (path === healthPath || pages.includes(path)));
  const again = bad.filter(({ path }) => before.bad.has(path));
  const counts =
    new Set(again.map(({ kind }) => kind)).size > 1 || again.some(({ path }) => path === '/' || path === healthPath);
  const worse = asked.filter(({ found }) => found === 'worse');
  return {
    regressed: [...worse, ...(counts ? again : [])].map(
      ({ kind, path, reply }) =>
        `${kind.split(' ')[0]} ${path} ${reply === 'silent' ? 'without an answer' : `with ${reply}`}`,
    ),
    cleared: new Set([...before.cleared, ...asked.filter(({ found }) => found === 'well').map(({ kind }) => kind)]),
    bad: new Set(bad.map(({ path }) => path)),
    blameless: new Set([...before.blameless, ...asked.filter(({ found }) => found === 'same').map(({ path }) => path)]),
  };
}

function fails(reply: Reply): boolean {
  return reply === 'silent' || reply >= 500;
}

function kindOf(path: string): string {
  return `GET ${patternOf(path)}`;
}
