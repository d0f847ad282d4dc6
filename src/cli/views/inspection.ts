import type { Evidence } from '../../django/facts.ts';
import type { Inspection } from '../environment.ts';
import { whereText } from './problems.ts';
import type { Style } from './style.ts';
import { harmless } from './text.ts';

type Row = { readonly name: string; readonly value: string; readonly because: Evidence };

/** What a project is and what Roadie would make of it, each line with its evidence. */
export function inspectionView({ facts, explanations }: Inspection, style: Style): string {
  const decided = explanations
    .filter(({ subject }) => subject !== 'note')
    .map(({ subject, value, because }) => ({ name: subject, value, because }));
  const read = facts.environment.map(({ name, required, fallback, purpose, where }) => ({
    name,
    value: required ? 'no default' : fallback === undefined ? 'optional' : 'has a default',
    because: { says: purpose === 'other' ? '' : purpose, where },
  }));
  const notes = facts.notes.map((because) => ({ name: '!', value: '', because }));
  return [
    section(`Project in ${facts.folder}`, decided, style),
    section('Environment that the settings read', read, style),
    section('Worth knowing', notes, style),
  ]
    .filter((text) => text !== '')
    .join('\n');
}

function section(title: string, rows: readonly Row[], style: Style): string {
  if (rows.length === 0) return '';
  const width = Math.max(...rows.map((row) => row.name.length));
  const lines = rows.map(({ name, value, because }, index) => {
    const repeated = rows[index - 1]?.name === name && name !== '!';
    const parts = [harmless(value), style.dim(evidence(because))].filter((part) => part !== '');
    return `  ${style.cyan((repeated ? '' : name).padEnd(width))}  ${parts.join('  ')}`.trimEnd();
  });
  return `${[style.bold(title), ...lines].join('\n')}\n`;
}

function evidence({ says, where }: Evidence): string {
  const place = where === undefined ? '' : whereText(where);
  // Some evidence names its place in its own sentence.
  return harmless(
    [says, place === '' || says.includes(place) ? '' : `(${place})`].filter((part) => part !== '').join(' '),
  );
}
