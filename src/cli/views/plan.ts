import type { JobResults } from '../../contract/results.ts';
import type { ChangeView, PlanView } from '../../contract/plan.ts';
import type { Style } from './style.ts';
import { count, cut, harmless } from './text.ts';

const groups: readonly { readonly kind: string; readonly title: string; readonly several: string }[] = [
  { kind: 'package', title: 'Packages', several: 'packages' },
  { kind: 'user', title: 'System users', several: 'users' },
  { kind: 'group', title: 'System groups', several: 'groups' },
  { kind: 'folder', title: 'Folders', several: 'folders' },
  { kind: 'file', title: 'Files', several: 'files' },
  { kind: 'command', title: 'Set-up', several: 'steps' },
  { kind: 'certificate', title: 'Certificates', several: 'certificates' },
  { kind: 'release', title: 'Release', several: 'releases' },
  { kind: 'service', title: 'Services', several: 'services' },
];

type Action = ChangeView['action'];

const symbols: Readonly<Record<Action, string>> = {
  create: '+',
  update: '~',
  replace: '~',
  remove: '-',
  later: '>',
  keep: '=',
};

/** More changes of one kind, action and reason than this are told as a number. */
const namedAtMost = 4;

/** Whether a plan leaves everything as it is. */
export function isEmpty(plan: PlanView): boolean {
  return plan.changes.every((change) => change.action === 'keep');
}

/** A plan for people: what changes, grouped, each with its reason. */
export function planView(plan: PlanView, style: Style, columns: number): string {
  const kept = plan.changes.filter((change) => change.action === 'keep').length;
  const changes = plan.changes.filter((change) => change.action !== 'keep');
  if (changes.length === 0)
    return `Nothing to change for ${style.bold(plan.site)}: ${count(kept, 'thing is', 'things are')} as they should be.\n`;
  const lines = [
    `Plan for ${style.bold(plan.site)}: ${tally(changes)}${kept === 0 ? '' : `, ${kept} as they should be`}`,
    '',
  ];
  for (const { title, several, members } of grouped(changes)) {
    lines.push(`  ${style.bold(title)}`);
    for (const entry of entries(members, several)) lines.push(...entryLines(entry, style, columns));
  }
  if (changes.some((change) => change.action === 'later'))
    lines.push('', style.dim(`  ${symbols.later} depends on the new release and is decided once it is built`));
  return `${lines.join('\n')}\n`;
}

/** What is worth knowing besides: of the project, and of migrations to come. Empty where nothing is. */
export function notesView(notes: readonly string[], style: Style): string {
  return notes.map((note) => `  ${style.yellow('note')} ${harmless(note)}\n`).join('');
}

function tally(changes: readonly ChangeView[]): string {
  const number = (...actions: readonly Action[]): number =>
    changes.filter((change) => actions.includes(change.action)).length;
  const parts = [
    [number('create'), 'to create'],
    [number('update', 'replace'), 'to change'],
    [number('remove'), 'to remove'],
    [number('later'), 'to decide later'],
  ] as const;
  return parts.flatMap(([amount, what]) => (amount === 0 ? [] : [`${amount} ${what}`])).join(', ');
}

function grouped(
  changes: readonly ChangeView[],
): readonly { readonly title: string; readonly several: string; readonly members: readonly ChangeView[] }[] {
  const known = groups.map((group) => ({ ...group, members: changes.filter((change) => change.kind === group.kind) }));
  const rest = changes.filter((change) => !groups.some((group) => group.kind === change.kind));
  return [...known, { title: 'Other', several: 'things', members: rest }].filter((group) => group.members.length > 0);
}

type Entry = {
  readonly action: Action;
  readonly title: string;
  readonly because: string;
  readonly how: string | undefined;
};

/** Changes of one action with one reason become one entry: `+ git, openssl   HTTPS and source`. */
function entries(members: readonly ChangeView[], several: string): readonly Entry[] {
  const merged = new Map<string, ChangeView[]>();
  for (const change of members) {
    // What differs is worth a line of its own.
    const key = change.how === undefined ? `${change.action}\n${change.because}` : change.id;
    merged.set(key, [...(merged.get(key) ?? []), change]);
  }
  return [...merged.values()].flatMap((same) => {
    const first = same[0];
    if (!first) return [];
    const title =
      same.length > namedAtMost ? `${same.length} ${several}` : same.map((change) => change.title).join(', ');
    return [{ action: first.action, title, because: first.because, how: first.how }];
  });
}

function entryLines(entry: Entry, style: Style, columns: number): readonly string[] {
  const symbol = paint(entry.action, style)(symbols[entry.action]);
  const title = harmless(entry.title);
  const because = harmless(entry.because);
  const room = columns - 6 - title.length - 2;
  const line = `    ${symbol} ${title}`;
  const lines =
    because === ''
      ? [line]
      : room >= because.length
        ? [`${line}  ${style.dim(because)}`]
        : [line, `        ${style.dim(cut(because, Math.max(20, columns - 8)))}`];
  if (entry.how !== undefined)
    lines.push(`        ${cut(harmless(entry.how).replaceAll('\n', '; '), Math.max(20, columns - 8))}`);
  return lines;
}

function paint(action: Action, style: Style): (text: string) => string {
  switch (action) {
    case 'create':
      return style.green;
    case 'update':
    case 'replace':
      return style.yellow;
    case 'remove':
      return style.red;
    case 'later':
    case 'keep':
      return style.dim;
  }
}

/** The Django settings that Roadie overrides from outside, each with its reason. */
export function overridesView(overrides: JobResults['plan']['overrides'], style: Style, columns: number): string {
  if (overrides.length === 0) return '';
  const lines = overrides.map(
    ({ setting, value, because }) =>
      `    ${setting} = ${cut(harmless(JSON.stringify(value) ?? 'None'), Math.max(20, columns - setting.length - 8))}\n        ${style.dim(harmless(because))}`,
  );
  return `  ${style.bold('Settings overridden from outside')}\n${lines.join('\n')}\n`;
}
