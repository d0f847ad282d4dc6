import { checkDomain, checkPort, checkSiteName } from '../../config/names.ts';
import type { JobOf } from '../../contract/jobs.ts';
import { catalogue } from '../../problems/catalogue.ts';
import { type Problem, ProblemError, type Result } from '../../problems/problem.ts';
import { requireAnswerer, saysYes } from '../asking.ts';
import { command, type Context } from '../command.ts';
import { finishUp, watchUp } from '../finish-up.ts';
import { requireRef, requireSource, sourceOf } from '../source.ts';
import { waitBakeOption } from '../wait-bake.ts';
import { isEmpty, notesView } from '../views/plan.ts';
import { typed } from '../../problems/shell-word.ts';

/** `up`: brings a site up, or up to date. */
export const up = command({
  name: 'up',
  group: 'Sites',
  about: 'Bring a Django project live, or up to date',
  details: [
    'Finds out what the project is, shows the plan, asks, applies it and ends with the URL.',
    'The project is never edited. Run again, it changes only what differs; options given once are remembered.',
    'With --json every event is one line of JSON; the last line is the result.',
  ].join('\n'),
  arguments: {
    source: {
      about: "the project's folder, or the URL of a git repository (default: the current folder)",
      presence: 'optional',
      completes: 'path',
    },
  },
  options: {
    name: { kind: 'text', value: 'NAME', about: 'name of the site (default: from roadie.toml or the folder)' },
    domain: {
      kind: 'texts',
      value: 'DOMAIN',
      about: 'a domain that it answers to; may be repeated (default: NAME.localhost)',
    },
    'http-port': { kind: 'number', value: 'PORT', about: 'port for HTTP (default: 80 as root, else 8080)' },
    'https-port': { kind: 'number', value: 'PORT', about: 'port for HTTPS (default: 443 as root, else 8443)' },
    ref: { kind: 'text', value: 'REF', about: 'branch, tag or commit of the repository (default: its default branch)' },
    yes: { kind: 'flag', short: 'y', about: 'apply the plan without asking' },
    wait: { kind: 'flag', about: 'wait for an operation that runs already, instead of refusing' },
    'wait-bake': waitBakeOption,
  },
  examples: [
    { command: 'roadie up', about: 'the project in this folder, at https://NAME.localhost' },
    {
      command: 'roadie up ~/shop --domain shop.example.org --domain www.shop.example.org',
      about: 'with domains of its own',
    },
    {
      command: 'roadie up https://github.com/you/shop.git --ref v2.1 --yes',
      about: 'a tag of a repository, without a question',
    },
  ],
  run: async (context, input) => {
    const { options } = input;
    const source = sourceOf(input.arguments.source ?? '.', context.env.cwd);
    if (!options.yes)
      requireAnswerer(context, '`up` asks before it changes anything', inAdvance(input.arguments.source));
    await requireSource(source);
    requireRef(options.ref);
    const request: Omit<JobOf<'up'>, 'confirmed'> = {
      kind: 'up',
      source,
      ...identityOf(options),
      ...(options.ref !== undefined && { ref: options.ref }),
    };
    return options.yes
      ? finishUp(
          context,
          await watchUp(context, { ...request, confirmed: 'any' }, { wait: options.wait, showPlan: true }),
          { waitBake: options['wait-bake'] },
        )
      : askAndApply(context, request, options.wait, options['wait-bake']);
  },
});

/**
 * What the site is called and where it answers, as far as it was given. Throws all mistakes in it: the daemon would refuse them with
 * fewer words.
 */
function identityOf(options: {
  readonly name?: string | undefined;
  readonly domain: readonly string[];
  readonly 'http-port'?: number | undefined;
  readonly 'https-port'?: number | undefined;
}): Pick<JobOf<'up'>, 'name' | 'domains' | 'http_port' | 'https_port'> {
  const problems: Problem[] = [];
  const checked = <Given, Told>(given: Given | undefined, check: (given: Given) => Result<Told>): Told[] => {
    if (given === undefined) return [];
    const result = check(given);
    if (result.ok) return [result.value];
    problems.push(...result.problems);
    return [];
  };
  const [name] = checked(options.name, checkSiteName);
  const domains = options.domain.flatMap((domain) => checked(domain, checkDomain));
  const [http] = checked(options['http-port'], checkPort);
  const [https] = checked(options['https-port'], checkPort);
  const [first, ...rest] = problems;
  if (first) throw new ProblemError(first, ...rest);
  return {
    ...(name !== undefined && { name }),
    ...(domains.length > 0 && { domains }),
    ...(http !== undefined && { http_port: http }),
    ...(https !== undefined && { https_port: https }),
  };
}

async function askAndApply(
  context: Context,
  request: Omit<JobOf<'up'>, 'confirmed'>,
  wait: boolean,
  waitBake: boolean,
): Promise<number> {
  const first = await watchUp(context, request, { wait, showPlan: true });
  if ('interrupted' in first || !first.ok || first.result.applied || isEmpty(first.result.plan))
    return finishUp(context, first, { waitBake });
  if (first.result.notes.length > 0) context.say(`\n${notesView(first.result.notes, context.style)}`);
  if (!(await saysYes(context, '\nApply this plan? [y/N] '))) {
    context.say('Nothing was changed.');
    return catalogue['not-confirmed'].exit;
  }
  return finishUp(
    context,
    await watchUp(context, { ...request, confirmed: first.result.plan.fingerprint }, { wait, showPlan: false }),
    { waitBake },
  );
}

/** How to go without the question. */
function inAdvance(source: string | undefined): readonly [string, ...string[]] {
  const where = source === undefined ? '' : ` ${typed(source)}`;
  return [
    'To apply whatever the plan is:',
    `$ roadie up${where} --yes`,
    'To see first what the project is (nothing is changed):',
    `$ roadie inspect${where === '' ? ' .' : where}`,
  ];
}
