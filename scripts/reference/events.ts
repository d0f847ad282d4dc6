import { eventSchema, type RoadieEvent } from '../../src/contract/events.ts';
import { mono, page, sentence, table } from './markdown.ts';
import { fields, literal } from './shape.ts';

/** When each event happens. One that is missing here does not compile. */
const when: Readonly<Record<RoadieEvent['type'], string>> = {
  'job-started': 'An operation has begun.',
  'job-finished': 'An operation has ended, well or not.',
  'step-started': 'A step of an operation has begun; the terminal shows its title with the running time.',
  'step-finished': 'A step has ended. `skipped` means that there was nothing to do.',
  'plan-made': 'An operation has made its plan and is about to apply it, or to stop where nobody has confirmed it.',
  'service-changed': 'A service has gone from one state to another.',
  'release-switched': 'Visitors get another release now.',
  'daemon-started': 'The daemon has started and has taken over what was running.',
  'daemon-stopping': 'The daemon is about to end.',
  alarm: 'Something needs a person; `status`, `releases` and `check` show it as well until its cause is gone.',
  note: 'Something that people should know.',
};

type FieldOf<Event> = Event extends unknown ? keyof Event : never;

/** What the fields mean. One that is missing here does not compile. */
const meanings: Readonly<Record<FieldOf<RoadieEvent>, string>> = {
  time: 'ISO 8601, UTC',
  site: 'name of the site; absent where it concerns the whole host',
  type: 'the kind of event',
  job: "the operation's id",
  kind: 'what the operation does: `up`, `plan`, `check`, `env-set`, `env-unset` or `down`',
  title: 'in words, for people',
  seconds: 'how long it took',
  outcome: 'how it ended',
  problems: 'what went wrong; empty where nothing did. [Problems](problems.md) have the fields',
  step: "the step's id, unique in its operation",
  log: "absolute path of the file with the step's output",
  detail: 'more about the outcome',
  plan: 'the changes, in order, and the fingerprint of the plan',
  service: 'name of the service: `web`, `worker`, `postgresql` …',
  from: 'the state before',
  to: 'the state now: `down`, `starting`, `ready`, `stopping`, `waiting` or `failed`',
  pid: 'process id',
  reason: 'why',
  release: "the release's id",
  previous: 'the id of the release before',
  version: "Roadie's version",
  adopted: 'how many services were running already and were taken over',
  level: 'how much it matters',
  text: 'in words, for people',
  cure: 'what to do, most likely first; a line that starts with `$ ` is a command',
};

/** Every kind of event with its fields. */
export function eventsPage(): string {
  const variants = eventSchema.options.map((schema) => ({
    type: literal(schema, 'type') as RoadieEvent['type'],
    schema,
  }));
  return page('Events', [
    'Anything that happens is an event. `roadie events --json` prints one JSON object a line; terminal, log and API show the same ones. They are kept in `state/events.jsonl`.',
    table(
      ['Event', 'When'],
      variants.map(({ type }) => [`[${mono(type)}](#${type})`, when[type]]),
    ),
    ...variants.flatMap(({ type, schema }) => [
      `## ${type}`,
      when[type],
      table(
        ['Field', 'Type', 'Meaning'],
        fields(schema).map(({ name, type: kind, optional }) => [
          mono(name),
          mono(short(name, kind)) + (optional ? ', may be absent' : ''),
          sentence(meaning(name)),
        ]),
      ),
    ]),
  ]);
}

/** Objects with pages of their own are named only. */
function short(name: string, kind: string): string {
  if (name === 'problems') return 'Problem[]';
  return name === 'plan' ? 'Plan' : kind.replaceAll(/\s+/g, ' ');
}

function meaning(name: string): string {
  const found: string | undefined = (meanings as Readonly<Record<string, string>>)[name];
  if (found === undefined) throw new Error(`scripts/reference/events.ts does not say what ${name} means`);
  return found;
}
