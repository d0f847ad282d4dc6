import { allComponents } from '../../src/components/index.ts';
import type { Component, Role } from '../../src/components/component.ts';
import { nginxComponent } from '../../src/components/nginx/index.ts';
import { mono, page, sentence, table } from './markdown.ts';
import { fields } from './shape.ts';

const roles: Readonly<Record<Role, string>> = {
  edge: 'edge, in front of all sites',
  web: 'application server',
  database: 'database',
  cache: 'cache',
  broker: 'broker of a queue',
  worker: 'worker',
  beat: 'clock of a queue',
};

/** Every kind of software that Roadie can run. The edge comes first, since requests do. */
export const documentedComponents: readonly Component[] = [
  nginxComponent,
  ...allComponents.filter((each) => each.name !== nginxComponent.name),
];

/** Every component: what it is for, what it installs, who it runs as, its options. */
export function componentsPage(): string {
  return page('Components', [
    'A component is a kind of software that Roadie can run. Which ones a site gets follows from the project; `roadie inspect` shows each with the reason. Data services run once for each site that wants them, on unix sockets only, and not at all for a site that does not.',
    table(
      ['Component', 'Role', 'Debian packages', 'Runs as'],
      documentedComponents.map((each) => [
        `[${each.title}](#${each.name})`,
        each.roles.map((role) => roles[role]).join(', '),
        list(debianPackages(each)),
        runsAs(each),
      ]),
    ),
    ...documentedComponents.flatMap(describe),
  ]);
}

function describe(component: Component): readonly string[] {
  const python = needs(component).python;
  const options = fields(component.options);
  return [
    `## ${component.name}`,
    `**${component.title}.** ${sentence(component.about)}`,
    python.length === 0
      ? ''
      : `Into the project's virtualenv, where the project does not declare it:\n\n${python.map((need) => `- ${mono(need.requirement)}, unless ${need.unless.map(mono).join(' or ')} is there (${need.because})`).join('\n')}`,
    options.length === 0
      ? ''
      : table(
          ['Option', 'Type', 'Default', 'Meaning'],
          options.map((option) => [
            mono(option.name),
            mono(option.type.replaceAll(/\s+/g, ' ')),
            option.fallback === '' ? '' : mono(option.fallback),
            option.description === '' ? '' : sentence(option.description),
          ]),
        ),
  ];
}

function needs(component: Component): ReturnType<Component['packages']> {
  return component.packages(component.options.parse({}));
}

function debianPackages(component: Component): readonly string[] {
  return needs(component).debian;
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map(mono).join(', ');
}

function runsAs({ name, runsAs: who }: Component): string {
  if (who === 'site') return "the site's user";
  return who === 'root'
    ? 'root, its workers as `www-data`'
    : `${mono(`roadie-NAME_${name}`)}, a user of its own in each site`;
}
