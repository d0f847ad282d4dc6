import type { Area, Attack, Outcome } from './attack.ts';

/** What came of an attack. */
export type Result = { readonly attack: Attack; readonly outcome: Outcome };

/** One area's part of the page, between its markers. `when` says when and at which commit it was run. */
export function areaPart(area: Pick<Area, 'id' | 'title'>, results: readonly Result[], when: string): string {
  return [
    begin(area.id),
    `### ${area.title}`,
    '',
    when,
    '',
    '| Attack | Who | What was tried | Promise | Result | Seen |',
    '|---|---|---|---|---|---|',
    ...results.map(
      ({ attack, outcome }) =>
        `| ${[attack.name, attack.who, attack.how, attack.promise, verdict(outcome), 'saw' in outcome ? outcome.saw : '–'].map(cell).join(' | ')} |`,
    ),
    end(area.id),
  ].join('\n');
}

/** The page with an area's part put in, among those that it has, in the order of `ids`; what has no area any more goes. */
export function withPart(page: string, id: string, part: string, ids: readonly string[]): string {
  const from = page.indexOf(placeBegin) + placeBegin.length;
  const to = page.indexOf(placeEnd);
  if (from < placeBegin.length || to < from) throw new Error(`docs/security.md has no ${placeBegin} … ${placeEnd}`);
  const place = page.slice(from, to);
  const parts = ids.flatMap((each) => {
    if (each === id) return [part];
    const [start, stop] = [place.indexOf(begin(each)), place.indexOf(end(each))];
    return start >= 0 && stop > start ? [place.slice(start, stop + end(each).length)] : [];
  });
  return `${page.slice(0, from)}\n${parts.join('\n\n')}\n${page.slice(to)}`;
}

/** The page with its sentence of figures counted anew from the tables that are in it. */
export function withCount(page: string): string {
  const rows = page
    .split('\n')
    .filter((line) => /^\| .* \| (?:visitor|committer|broken-into site|local user) \| /.test(line));
  const count = (pattern: RegExp): number => rows.filter((row) => pattern.test(row)).length;
  const held = count(/ \| held \| /);
  const lost = count(/ \| \*\*NOT HELD\*\* \| /);
  const sentence = `${rows.length} attacks: ${held} held, ${lost} did not, ${rows.length - held - lost} were not run.`;
  return page.replace(/(<!-- count -->\n)[^\n]*\n/, `$1${sentence}\n`);
}

const placeBegin = '<!-- attacks begin -->';
const placeEnd = '<!-- attacks end -->';
const begin = (id: string): string => `<!-- ${id} begin -->`;
const end = (id: string): string => `<!-- ${id} end -->`;

function verdict(outcome: Outcome): string {
  if ('notRun' in outcome) return `not run: ${outcome.notRun}`;
  return outcome.held ? 'held' : '**NOT HELD**';
}

/** Text in a cell: one line, without what ends a cell or begins a tag. */
function cell(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replaceAll(/\/tmp\/rd-\w+/g, '…')
    .slice(0, 600);
}
