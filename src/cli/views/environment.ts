import type { SiteEnvironment } from '../../contract/answers.ts';
import { mask } from '../mask.ts';
import type { Style } from './style.ts';
import { cut, harmless } from './text.ts';

/** A variable as it may be shown. */
export type VariableView = {
  readonly name: string;
  readonly value: string;
  readonly masked: boolean;
  readonly by: 'owner' | 'roadie' | 'unknown';
  readonly because: string;
};

/** The variables of a site by name, secrets masked. */
export function variables(environment: SiteEnvironment): readonly VariableView[] {
  return Object.entries(environment.environment)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => {
      const { value: shown, masked } = mask(name, value);
      const origin = environment.origins?.[name];
      return { name, value: shown, masked, by: origin?.by ?? 'unknown', because: origin?.because ?? '' };
    });
}

/** The variables for people: yours first, then what Roadie gives and why. */
export function environmentView(list: readonly VariableView[], style: Style, columns: number): string {
  const sections = [
    { title: 'Set by you', members: list.filter((each) => each.by === 'owner') },
    { title: 'Given by Roadie', members: list.filter((each) => each.by === 'roadie') },
    { title: 'Given to every process of the site', members: list.filter((each) => each.by === 'unknown') },
  ];
  const text = sections
    .filter((section) => section.members.length > 0)
    .map((section) =>
      [style.bold(section.title), ...section.members.map((each) => variableLine(each, style, columns))].join('\n'),
    )
    .join('\n\n');
  return text === ''
    ? 'No variables.'
    : `${text}${list.some((each) => each.masked) ? `\n\n${style.dim('******** hides a value; `roadie shell SITE` can read it.')}` : ''}`;
}

function variableLine({ name, value, because }: VariableView, style: Style, columns: number): string {
  const reason = because === '' ? '' : `  ${style.dim(`# ${harmless(because)}`)}`;
  return `  ${style.cyan(name)}=${cut(harmless(value), Math.max(20, columns - name.length - 4))}${reason}`;
}
