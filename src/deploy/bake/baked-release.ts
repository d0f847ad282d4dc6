import type { SiteRecord } from '../../sites/record.ts';
import { lastLines } from '../../machine/logs/log-files.ts';
import { type LogMark, readLines } from '../../machine/logs/log-reader.ts';
import { mostFrequent, requestErrors } from '../../problems/request-error.ts';
import type { Supervisor } from '../../supervisor/supervisor.ts';
import { type Answer, parseAccessLine } from './access-line.ts';
import { addRound, askPages, type Findings, nothingFound, pagesToAsk } from './questions.ts';
import { type Baseline, decideBake, type Requests, suspicion, Tally } from './decide.ts';

/** A release is asked by itself at its first look, at its last, and at each of so many between. */
const looksBetweenQuestions = 5;

/** How far back crashes are counted as usual. */
export const usualCrashesMs = 600_000;

/** What is kept of a release that is watched, so that another daemon can go on. Requests are counted anew, from the mark on. */
export type Kept = {
  readonly release: string;
  readonly mark: LogMark | undefined;
  readonly baseline: Baseline;
  /** Restarts of the site's services at the switch, by service. */
  readonly restarts: Readonly<Record<string, number>>;
  /** Unwanted ends of services in the ten minutes before the switch. */
  readonly crashesBefore: number;
};

/** A watch as the site's record has it: over which release, how long, and where it goes back to. */
export type Bake = NonNullable<SiteRecord['bake']>;

type Outside = {
  readonly site: string;
  readonly accessLog: string;
  readonly supervisor: Pick<Supervisor, 'status' | 'ask' | 'serviceLogs'>;
  /** The web server of the site, which visitors reach, and the route of its health; absent where it has none. */
  readonly web: { readonly service: string; readonly healthPath: string } | undefined;
};

/** One release in its time of trial: what has been seen of it so far. */
export class BakedRelease {
  readonly bake: Bake;
  readonly kept: Kept;
  readonly #outside: Outside;
  readonly #switched: number;
  readonly #tally: Tally;
  #mark: LogMark | undefined;
  #restarts: ReadonlyMap<string, number>;
  #crashes = 0;
  /** Crashes of the web server that are too new for the edge to have written down which requests they cut off. */
  #unexplained = 0;
  #brokenOff: readonly Answer[] = [];
  #looks = 0;
  #suspectsAsked = 0;
  #findings: Findings = nothingFound;

  constructor(bake: Bake, kept: Kept, outside: Outside) {
    this.bake = bake;
    this.kept = kept;
    this.#outside = outside;
    this.#switched = switchedAt(bake);
    this.#tally = new Tally(kept.baseline);
    this.#mark = kept.mark;
    this.#restarts = new Map(Object.entries(kept.restarts));
  }

  get requests(): Requests {
    return this.#tally.requests;
  }

  /** What visitors have met that could not be confirmed; undefined where it is within the limits. */
  get suspicion(): string | undefined {
    return suspicion(this.#tally.requests, this.kept.baseline.requests, this.bake.limits);
  }

  /** Looks at what has happened since the last time. Resolves with why to go back, where that is so. */
  async look(now: number): Promise<string | undefined> {
    const { lines, mark } = await readLines(this.#outside.accessLog, this.#mark);
    this.#mark = mark;
    const answers = lines.flatMap((line) => parseAccessLine(line) ?? []).filter(({ began }) => began >= this.#switched);
    for (const answer of answers) this.#tally.add(answer);
    this.#countCrashes(answers);
    const last = Date.parse(this.bake.until) <= now;
    const { size } = this.#tally.suspects;
    if (this.#looks % looksBetweenQuestions === 0 || last || size > this.#suspectsAsked || this.#findings.bad.size > 0)
      await this.#ask();
    this.#suspectsAsked = size;
    this.#looks += 1;
    const because = decideBake(
      {
        tally: this.#tally,
        before: this.kept.baseline.requests,
        witness: this.#findings,
        crashes: this.#crashes,
        usualCrashes: this.kept.crashesBefore * ((now - this.#switched) / usualCrashesMs),
      },
      this.bake.limits,
    );
    const error = because === undefined ? undefined : await this.#usualError();
    return error === undefined ? because : `${because}; most often by ${error}`;
  }

  /** What most requests failed with that the release could not answer, as far as its log tells. */
  async #usualError(): Promise<string | undefined> {
    const { site, supervisor, web } = this.#outside;
    const logs = web ? supervisor.serviceLogs(site, web.service) : [];
    const lines = await Promise.all(logs.map(({ path }) => lastLines(path, Number.MAX_SAFE_INTEGER).catch(() => [])));
    return mostFrequent(requestErrors(lines.flat()).filter(({ release }) => release === this.bake.release));
  }

  async #ask(): Promise<void> {
    const { site, supervisor, web } = this.#outside;
    if (!web) return;
    const { baseline } = this.kept;
    const pages = pagesToAsk(baseline, this.#tally.suspects, web.healthPath, this.#findings.blameless);
    const { release, previous } = this.bake;
    const asked = await askPages(
      pages,
      (of, path, ms) => supervisor.ask(site, of === 'live' ? release : previous, path, ms),
      web.healthPath,
    );
    this.#findings = addRound(this.#findings, asked, baseline, web.healthPath);
  }

  /**
   * A request can take a server down, in the release before as well. So a crash of the web server waits for what the edge tells of
   * it, and does not count where all that it cut off came from one client, or was of one kind: that is asked for instead.
   */
  #countCrashes(answers: readonly Answer[]): void {
    const before = this.#restarts;
    this.#restarts = restartsOf(this.#outside);
    const brokenOff = answers.filter(({ broken }) => broken);
    const around = [...this.#brokenOff, ...brokenOff];
    const byOne = distinct(around, 'client') === 1 || distinct(around, 'kind') === 1;
    if (!byOne) this.#crashes += this.#unexplained;
    this.#unexplained = 0;
    this.#brokenOff = brokenOff;
    for (const [service, now] of this.#restarts) {
      const more = Math.max(0, now - (before.get(service) ?? 0));
      if (service === this.#outside.web?.service) this.#unexplained += more;
      else this.#crashes += more;
    }
  }
}

/** When the release of a watch went live. Milliseconds since 1970. */
export function switchedAt({ until, limits }: Bake): number {
  return Date.parse(until) - limits.seconds * 1000;
}

/** How often each service of a site was started again. */
export function restartsOf({ site, supervisor }: Pick<Outside, 'site' | 'supervisor'>): ReadonlyMap<string, number> {
  const services = supervisor.status().find((group) => group.group === site)?.services ?? [];
  return new Map(services.map((service) => [service.name, service.restarts]));
}

function distinct(answers: readonly Answer[], field: 'client' | 'kind'): number {
  return new Set(answers.map((answer) => answer[field])).size;
}
