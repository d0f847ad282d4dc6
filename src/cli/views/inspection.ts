import type { Evidence, Fact } from '../../django/facts.ts';
import type { Inspection } from '../environment.ts';
import { whereText } from './problems.ts';
import type { Style } from './style.ts';
import { harmless } from './text.ts';

type Row = { readonly name: string; readonly value: string; readonly because?: Evidence };

/** What a project is, each fact with its evidence, and what Roadie would run for it. */
export function inspectionView(inspection: Inspection, style: Style): string {
  const { facts, components, pythonAdditions, debianPackages } = inspection;
  const sections: readonly (readonly [string, readonly Row[]])[] = [
    [`Project in ${facts.folder}`, projectRows(inspection)],
    ['Would run', components.map((component) => ({ name: component.name, value: '', because: component.because }))],
    ['Python packages to add', pythonAdditions.map((addition) => ({ name: addition.requirement, value: '', because: { says: addition.because } }))],
    ['Debian packages', debianPackages.map((each) => ({ name: each.name, value: '', because: { says: each.because } }))],
    ['Environment that the settings read', facts.environment.map((each) => ({ name: each.name, value: each.required ? 'required' : `default ${each.fallback === undefined ? 'in the code' : 'given'}`, because: { says: each.purpose, where: each.where } }))],
    ['Worth knowing', facts.notes.map((note) => ({ name: '!', value: '', because: note }))],
  ];
  return `${sections
    .filter(([, rows]) => rows.length > 0)
    .map(([title, rows]) => [style.bold(title), ...rowLines(rows, style)].join('\n'))
    .join('\n\n')}\n`;
}

function projectRows({ facts }: Inspection): readonly Row[] {
  const application = facts.application;
  const row = (name: string, fact: Fact<unknown>, value: string = String(fact.value)): Row => ({ name, value, because: fact.because });
  return [
    row('folder', facts.root),
    row('settings', facts.settingsModule),
    row('application', application, `${application.value.kind.toUpperCase()} ${application.value.module}:${application.value.name}`),
    row('Python', facts.python, [facts.python.value.requires === '' ? 'any' : facts.python.value.requires, facts.python.value.preferred === undefined ? '' : `(pinned to ${facts.python.value.preferred})`].join(' ').trim()),
    ...(facts.django ? [row('Django', facts.django, facts.django.value === '' ? 'any' : facts.django.value)] : []),
    row('dependencies', facts.dependencies, dependenciesText(facts.dependencies.value)),
    row('database', facts.database),
    row('cache', facts.cache),
    row('Redis', facts.redis, facts.redis.value ? 'needed' : 'not needed'),
    ...facts.workers.map((worker) => row(`${worker.value.name}`, worker, `${worker.value.kind} ${worker.value.arguments.join(' ')}`.trim())),
    ...(facts.healthPath ? [row('health', facts.healthPath)] : []),
    ...facts.releaseCommands.map((each) => row('at release', each, each.value.join(' '))),
    ...facts.systemPackages.map((each) => row('package', each)),
  ];
}

function dependenciesText(dependencies: Inspection['facts']['dependencies']['value']): string {
  switch (dependencies.kind) {
    case 'requirements':
      return dependencies.files.join(', ');
    case 'none':
      return 'none declared';
    default:
      return dependencies.file;
  }
}

function rowLines(rows: readonly Row[], style: Style): readonly string[] {
  const width = Math.max(...rows.map((row) => row.name.length));
  return rows.map(({ name, value, because }) => {
    const evidence = because === undefined ? '' : style.dim(harmless([because.says, because.where === undefined ? '' : `(${whereText(because.where)})`].filter((part) => part !== '').join(' ')));
    return `  ${style.cyan(name.padEnd(width))}  ${[harmless(value), evidence].filter((part) => part !== '').join('  ')}`.trimEnd();
  });
}
