import { findComponent } from '../components/index.ts';
import type { Evidence, Fact, FrontEnd } from '../django/facts.ts';
import { preparesStatic } from '../django/read/static-commands.ts';
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
    ...(facts.frontEnds ?? []).flatMap(explainFrontEnd),
    ...facts.releaseCommands.map(({ value, because }) => ({
      subject: preparesStatic(value.words) ? 'before collectstatic' : 'after migrate',
      value: value.words.join(' '),
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
  if (dependencies.kind === 'requirements') return dependencies.files.join(', ');
  const named = [...dependencies.groups, ...(dependencies.extras ?? [])];
  return named.length === 0 ? dependencies.file : `${dependencies.file} [${named.join(', ')}]`;
}

/** What is run to build a front end, and on which Node. */
function explainFrontEnd({ value, because }: Fact<FrontEnd>): readonly Explanation[] {
  return [
    { subject: 'front end', value: `${shownFolder(value)}: ${commandsOf(value)}`, because },
    { subject: 'Node', value: value.node.value, because: value.node.because },
  ];
}

/** One sentence for whoever confirms a plan: `front end in frontend/: npm ci, npm run build (Dockerfile:7), Node 20 (.nvmrc:1)`. */
export function frontEndSentence({ value, because }: Fact<FrontEnd>): string {
  const node = value.node.because.says;
  return `front end in ${shownFolder(value)}: ${commandsOf(value)} (${because.says}), Node ${value.node.value} (${node})`;
}

function shownFolder({ folder }: FrontEnd): string {
  return folder === '.' ? './' : `${folder}/`;
}

function commandsOf({ install, commands }: FrontEnd): string {
  return [install, ...commands].map((words) => words.join(' ')).join(', ');
}
