import { type Answer, type Ask, Broken, type Target, Visitor } from './visitor.ts';

/** Requests a second; of four in a row two are POSTs, and one of each kind comes on a connection of its own. */
export const usualRate = 60;

/** One request that a visitor saw fail. Times in milliseconds since the load began. */
export type Failure = {
  readonly method: Ask['method'];
  readonly path: string;
  readonly fresh: boolean;
  readonly why: string;
  readonly sent: number;
  readonly failed: number;
};

export type LoadResult = {
  readonly sent: number;
  readonly failures: readonly Failure[];
  /** What a browser sends again by itself (see {@link Broken}), and so did we. */
  readonly askedAgain: number;
  /** Milliseconds. */
  readonly longestWait: number;
};

/**
 * A member of the forum who reads topics and edits posts: every request needs Django, the session and the database, and every POST
 * writes a row. The rows stay the same few, so that the thousandth run meets the same forum as the first.
 */
export class Member {
  readonly visitor: Visitor;
  readonly topics: readonly string[];
  readonly posts: readonly string[];

  private constructor(visitor: Visitor, topics: readonly string[], posts: readonly string[]) {
    this.visitor = visitor;
    this.topics = topics;
    this.posts = posts;
  }

  /** Signs up and writes what the load will read and edit. */
  static async join(target: Target): Promise<Member> {
    const visitor = new Visitor(target);
    const password = 'a-long-Passphrase-7';
    const submit = async (path: string, form: Readonly<Record<string, string>>): Promise<Answer> => {
      await visitor.ask({ method: 'GET', path });
      const answer = await visitor.ask({ method: 'POST', path, form });
      if (answer.status !== 302) throw new Error(`${path} answers ${answer.status}: ${answer.body.slice(0, 500)}`);
      return answer;
    };
    await submit('/account/sign-up/', {
      username: `load${Date.now().toString(36)}`,
      password1: password,
      password2: password,
    });
    const topics: string[] = [];
    const posts: string[] = [];
    for (let index = 0; index < 8; index += 1) {
      const made = await submit('/boards/general/new/', { title: `Under load ${index}`, body: 'The first post' });
      const topic = pathOf(made.location);
      const page = await visitor.ask({ method: 'GET', path: topic });
      topics.push(topic);
      posts.push(/"(\/posts\/\d+\/)edit\/"/.exec(page.body)?.[1] ?? 'no post');
    }
    return new Member(visitor, topics, posts);
  }

  /** The same member at another stack with the same database. */
  at(target: Target): Member {
    return new Member(this.visitor.at(target), this.topics, this.posts);
  }

  /** What comes as the `index`th request. */
  request(index: number): Ask {
    const turn = Math.floor(index / 4);
    // Not all from one address: what one visitor may do at a time is limited.
    const common = { fresh: index % 4 > 1, from: `127.0.0.${2 + (turn % 8)}` };
    if (index % 2 === 0)
      return {
        ...common,
        method: 'GET',
        path: turn % 2 === 0 ? (this.topics[turn % this.topics.length] ?? '') : '/notifications/',
      };
    const path = `${this.posts[turn % this.posts.length] ?? ''}edit/`;
    return { ...common, method: 'POST', path, form: { body: `Edited by request ${index} at ${Date.now()}` } };
  }

  /** Why an answer is not the one that a visitor expects; undefined where it is. */
  wrong(ask: Ask, answer: Answer): string | undefined {
    if (ask.method === 'POST')
      return answer.status === 302 && `${answer.location}edit/` === ask.path ? undefined : `status ${answer.status}`;
    if (answer.status !== 200) return `status ${answer.status}`;
    const expected = ask.path === '/notifications/' ? 'Notifications' : 'Under load';
    return answer.body.includes(expected) && answer.body.includes('</html>') ? undefined : 'another page';
  }
}

/** Sends requests at fixed times, whatever becomes of those before, until it is told to end. */
export class Load {
  readonly #member: Member;
  readonly #rate: number;
  readonly #began = performance.now();
  readonly #failures: Failure[] = [];
  readonly #open = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #crowd: Promise<void>[] = [];
  #sent = 0;
  #askedAgain = 0;
  #longest = 0;
  #ended = false;

  /** `crowd`: instead of the steady rate so many visitors, each of whom asks again as soon as there is an answer: more than the machine can do. */
  constructor(member: Member, options: { readonly crowd?: number; readonly rate?: number } = {}) {
    this.#member = member;
    this.#rate = options.rate ?? usualRate;
    if (options.crowd === undefined) this.#timer = setInterval(() => this.#due(), 4);
    for (let index = 0; index < (options.crowd ?? 0); index += 1) this.#crowd.push(this.#hurry(index));
  }

  /** Milliseconds since it began. */
  get now(): number {
    return performance.now() - this.#began;
  }

  /** Sends no more and resolves once all answers are there. */
  async end(): Promise<LoadResult> {
    this.#ended = true;
    clearInterval(this.#timer);
    await Promise.all([...this.#open, ...this.#crowd]);
    this.#member.visitor.close();
    return { sent: this.#sent, failures: this.#failures, askedAgain: this.#askedAgain, longestWait: this.#longest };
  }

  #due(): void {
    for (const target = (this.now / 1000) * this.#rate; this.#sent < target;) {
      const one = this.#one(this.#member.request(this.#sent));
      this.#open.add(one);
      void one.then(() => this.#open.delete(one));
    }
  }

  async #hurry(index: number): Promise<void> {
    for (let turn = index; !this.#ended; turn += 1)
      await this.#one({ ...this.#member.request(turn), from: `127.0.1.${1 + index}` });
  }

  async #one(ask: Ask): Promise<void> {
    this.#sent += 1;
    const sent = this.now;
    const why = await this.#outcome(ask);
    const failed = this.now;
    this.#longest = Math.max(this.#longest, failed - sent);
    if (why !== undefined)
      this.#failures.push({ method: ask.method, path: ask.path, fresh: ask.fresh === true, why, sent, failed });
  }

  async #outcome(ask: Ask): Promise<string | undefined> {
    try {
      return this.#member.wrong(ask, await this.#member.visitor.ask(ask));
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      if (error.again === 'no' || (error.again === 'safe' && ask.method !== 'GET')) return error.message;
      this.#askedAgain += 1;
      return this.#outcome({ ...ask, fresh: true });
    }
  }
}

/** The path of a redirect's address. */
function pathOf(location: string | undefined): string {
  return new URL(location ?? '', 'https://forum').pathname;
}
