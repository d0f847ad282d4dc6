import { findComponent } from '../components/index.ts';
import type { Evidence } from '../django/facts.ts';
import type { Blueprint } from './blueprint.ts';

/** One line of what Roadie decided about a project, and why: `PostgreSQL: psycopg in requirements.txt:4`. */
export type Explanation = { readonly subject: string; readonly value: string; readonly because: Evidence };

/** Everything that a blueprint decided, with the evidence for each, in the order in which people ask. `place`: what the kind of place that it goes to adds. */
export function explainBlueprint(blueprint: Blueprint, place: readonly Explanation[] = []): readonly Explanation[] {
  const { facts } = blueprint;
  const { application, python, dependencies } = facts;
  return [
    { subject: 'folder with manage.py', value: facts.root.value, because: facts.root.because },
    { subject: 'settings', value: facts.settingsModule.value, because: facts.settingsModule.because },
    {
      subject: 'application',
      value: `${application.value.kind.toUpperCase()} ${application.value.module}:${application.value.name}`,
      because: application.because,
    },
    { subject: 'Python', value: python.value.preferred ?? (python.value.requires || 'any'), because: python.because },
    ...(facts.django ? [{ subject: 'Django', value: facts.django.value || 'any', because: facts.django.because }] : []),
    { subject: 'dependencies', value: dependenciesIn(blueprint), because: dependencies.because },
    ...blueprint.components.map(({ name, because }) => ({
      subject: 'component',
      value: findComponent(name)?.title ?? name,
      because,
    })),
    ...facts.workers.map(({ value, because }) => ({ subject: 'worker', value: value.name, because })),
    { subject: 'cache', value: facts.cache.value, because: facts.cache.because },
    {
      subject: 'health',
      value: blueprint.healthPath,
      because: facts.healthPath?.because ?? { says: 'nothing names a route for it' },
    },
    ...(facts.gunicornConfig
      ? [{ subject: 'Gunicorn config', value: facts.gunicornConfig.value, because: facts.gunicornConfig.because }]
      : []),
    ...facts.releaseCommands.map(({ value, because }) => ({
      subject: 'after migrate',
      value: value.join(' '),
      because,
    })),
    ...blueprint.pythonAdditions.map(({ requirement, because }) => ({
      subject: 'Python package',
      value: requirement,
      because: { says: because },
    })),
    ...place,
    ...facts.notes.map((because) => ({ subject: 'note', value: because.says, because })),
  ];
}

function dependenciesIn({ dependencies }: Blueprint): string {
  if (dependencies.kind === 'none') return 'none declared';
  return dependencies.kind === 'requirements' ? dependencies.files.join(', ') : dependencies.file;
}
