import { type Given, blamed } from '../django/environment/blame.ts';
import { purposeOf } from '../django/environment/environment-names.ts';
import { composeEnvironment, type EnvironmentInput } from '../django/environment/environment.ts';
import { placeholderFor } from '../django/environment/forms.ts';
import { formsOf } from '../django/environment/values.ts';
import type { EnvironmentName } from '../django/facts.ts';
import { missingVariables, type ProbeAnswer, type ProbeFailure, refusedValue } from '../django/probe/probe.ts';
import { ProblemError } from '../problems/problem.ts';
import type { BuildContext } from './context.ts';

/** Rounds of 'give what is missing and ask again' before giving up: more variables than any project takes. */
const rounds = 60;

/** The variables that Django's processes get in a build: given as it turns out that they are missing, or wanted in another form. */
export class BuildEnvironment {
  readonly #site: string;
  readonly #input: EnvironmentInput;
  readonly #composed: ReturnType<typeof composeEnvironment>;
  readonly #values: Record<string, string>;
  /** Those that only the owner knows: what stands for them is never used beyond asking. */
  readonly #unknown: Set<string>;
  /** How many forms of a variable's value were tried. */
  readonly #tried = new Map<string, number>();
  /** What turned out to be missing although the source did not show it. */
  readonly #found: EnvironmentName[] = [];
  #round = 0;

  /** `known`: what an earlier step has found out, and `unknown` what it has found to be the owner's. */
  constructor(
    site: string,
    input: EnvironmentInput,
    known: Readonly<Record<string, string>> = {},
    unknown: readonly string[] = [],
  ) {
    this.#site = site;
    this.#input = input;
    this.#composed = composeEnvironment(this.#input);
    this.#values = { ...this.#composed.environment, ...known };
    this.#unknown = new Set(unknown);
  }

  get values(): Readonly<Record<string, string>> {
    return this.#values;
  }

  get unknown(): readonly string[] {
    return [...this.#unknown];
  }

  /** Folders of the site's data that variables name, and the line that reads each. */
  get folders(): readonly EnvironmentName[] {
    return this.#names().filter(({ name, purpose }) => purpose === 'folder' && this.#isGiven(name));
  }

  /** Gives what an answer says is missing, or another form of what it stumbled over. Throws where that is of no use. */
  take(answer: Exclude<ProbeAnswer, { kind: 'probe' }>): void {
    this.#round += 1;
    if (answer.kind === 'missing' && this.#round <= rounds) {
      for (const name of answer.names) this.#give(name, answer.failure);
      return;
    }
    if (answer.kind === 'missing') throw this.#missing([]);
    const choked = answer.failure === undefined ? [] : blamed(answer.failure, this.#given());
    if (this.#round <= rounds && choked.some((one) => this.#giveOtherForm(one))) return;
    // A placeholder may be what it stumbles over: then the missing variables are the story, and the ones that the source shows.
    if (this.#unknown.size > 0) throw this.#missing(this.#composed.unknown.map(({ name }) => name));
    const [first] = choked;
    throw new ProblemError(
      first && answer.failure
        ? refusedValue(answer.problem, first.name, this.#forms(first.name), this.#site)
        : answer.problem,
    );
  }

  /** Throws where something stands for a variable that only the owner knows. */
  requireKnown(): void {
    if (this.#unknown.size > 0) throw this.#missing([]);
  }

  /** Some name the field of a class, or what follows the prefix: the source knows the variable's whole name. */
  #give(said: string, failure: ProbeFailure): void {
    const read = this.#names();
    const known =
      read.find(({ name }) => name === said) ??
      read.find(({ name, reader }) => /^(pydantic|dynaconf)$/.test(reader ?? '') && name.endsWith(`_${said}`));
    const wanted: EnvironmentName = {
      ...(known ?? { name: said, purpose: purposeOf(said, []), where: { file: failure.file ?? '' } }),
      required: true,
    };
    const { name } = wanted;
    const value = name in this.#values ? undefined : formsOf(wanted, this.#input)[0];
    if (value === undefined) this.#unknown.add(name);
    if (!known) this.#found.push(wanted);
    this.#values[name] = value ?? placeholderFor(wanted.cast);
  }

  /** What can be left out is left out in the end. False where all was tried. */
  #giveOtherForm({ name }: Given): boolean {
    const forms = formsOf(name, this.#input);
    const next = (this.#tried.get(name.name) ?? 0) + 1;
    const form = forms[next];
    if (form === undefined && (name.required || next > forms.length)) return false;
    this.#tried.set(name.name, next);
    if (form === undefined) delete this.#values[name.name];
    else this.#values[name.name] = form;
    return true;
  }

  /** Those that were tried of a value, without a secret's. */
  #forms(name: EnvironmentName): readonly string[] {
    const secret = /^(secret-key|database-password|database-url|other)$/.test(name.purpose);
    return secret ? [] : formsOf(name, this.#input).slice(0, (this.#tried.get(name.name) ?? 0) + 1);
  }

  #names(): readonly EnvironmentName[] {
    return [...this.#input.facts.environment, ...this.#found];
  }

  /** What Roadie gave: neither the owner's own nor what stands for it. */
  #given(): readonly Given[] {
    return this.#names().flatMap((name) => {
      const value = this.#values[name.name];
      return value !== undefined && this.#isGiven(name.name) ? [{ name, value }] : [];
    });
  }

  #isGiven(name: string): boolean {
    return name in this.#values && !(name in this.#input.owner) && !this.#unknown.has(name);
  }

  #missing(more: readonly string[]): ProblemError {
    return new ProblemError(missingVariables([...this.#unknown, ...more], this.#site, this.#input.facts.environment));
  }
}

/** What a build has to give. */
export function environmentInput(context: BuildContext): EnvironmentInput {
  const { blueprint, place, paths } = context;
  return {
    facts: blueprint.facts,
    connections: context.connections,
    owner: blueprint.ownerEnvironment,
    secrets: place.secrets,
    domains: place.domains,
    ports: place.ports,
    staticRoot: paths.static,
    mediaRoot: place.folders.media,
    filesFolder: place.folders.files,
  };
}
