import type { Config } from '../../config/config.ts';
import { failed, ok, type Result } from '../../problems/problem.ts';
import type { Evidence, Facts, Fact, Requirement } from '../facts.ts';
import { findDockerfile } from './dockerfile.ts';
import { baseName, below, lineOf } from './paths.ts';
import { fromPoetry, readPyproject } from './pyproject.ts';
import type { ProjectScan, SettingsScan } from './scan.ts';
import { parseVersion, seriesCanSatisfy } from './versions.ts';

/** Series of Python that projects can be run on. */
const supportedPythons = ['3.14', '3.13', '3.12', '3.11', '3.10', '3.9', '3.8'] as const;

/** Series of Django with the Pythons that each runs on, oldest and newest, from its release notes. */
const djangos: readonly (readonly [series: string, oldest: string, newest: string])[] = [
  ['2.2', '3.5', '3.9'],
  ['3.0', '3.6', '3.9'],
  ['3.1', '3.6', '3.9'],
  ['3.2', '3.6', '3.10'],
  ['4.0', '3.8', '3.10'],
  ['4.1', '3.8', '3.11'],
  ['4.2', '3.8', '3.12'],
  ['5.0', '3.10', '3.12'],
  ['5.1', '3.10', '3.13'],
  ['5.2', '3.10', '3.14'],
  ['6.0', '3.12', '3.14'],
  ['6.1', '3.12', '3.14'],
  ['6.2', '3.12', '3.14'],
];

/** Series before ours, to tell 'too old' from 'too new'. */
const ancient = ['1.4', '1.8', '1.9', '1.10', '1.11', '2.0', '2.1'];

/** The Django requirement. Problem: `django-unsupported`, where no version that Roadie knows satisfies it. */
export function findDjango(
  requirements: readonly Requirement[],
  locked: Readonly<Record<string, string>>,
): Result<Fact<string> | undefined> {
  const declared = requirements.find((one) => one.name === 'django');
  const specifier = declared?.specifier ?? (locked['django'] === undefined ? undefined : `==${locked['django']}`);
  if (specifier === undefined) return ok(undefined);
  if (fitting(specifier).length > 0) return ok({ value: specifier, because: place(`Django${specifier}`, declared) });
  const old =
    ancient.some((series) => seriesCanSatisfy(parseVersion(series), specifier)) ||
    (parseVersion(specifier.replace(/^\D*/, ''))[0] ?? 9) < 3;
  return failed({
    code: 'django-unsupported',
    summary: `The project needs Django ${specifier}; Roadie runs Django 2.2 to ${djangos.at(-1)?.[0] ?? ''}`,
    ...(declared && { where: declared.where }),
    cure: old
      ? [
          'Upgrade the project: https://docs.djangoproject.com/en/stable/howto/upgrade-version/ shows the way, one release at a time.',
        ]
      : ['Use a newer Roadie, or allow an older Django in the requirements.'],
  });
}

/** The Django of a project that declares nothing: the one that made its settings, with its bug fixes; else any. */
export function undeclaredDjango(settings: SettingsScan | undefined): Fact<string> {
  if (!settings?.madeWith) return { value: '', because: { says: 'undeclared: nothing says what the project needs' } };
  return {
    value: `~=${settings.madeWith}`,
    because: { says: `undeclared: Django ${settings.madeWith} made the settings`, where: { file: settings.file } },
  };
}

/**
 * Which Python: the config's, requires-python, Pipfile, .python-version, runtime.txt, a Dockerfile, and what the pinned Django
 * runs on. A range is a law, an exact pin a preference. Problem: `python-unsupported`.
 */
export function findPython(
  scan: ProjectScan,
  root: string,
  config: Config,
  django: Fact<string> | undefined,
): Result<Facts['python']> {
  if (config.python !== undefined)
    return checked(
      /^\d+(\.\d+)*$/.test(config.python)
        ? { requires: `==${config.python}.*`, preferred: config.python }
        : { requires: config.python },
      { says: '`python` in the config' },
    );
  const law = range(scan, root);
  const pinned = pin(scan, root);
  // A pin is a preference: one for a Python of the past is none.
  const preference = supportedPythons.some((one) => pinned?.value.startsWith(`${one}.`) || pinned?.value === one)
    ? pinned
    : undefined;
  const own = django && pythonsOf(django.value);
  const requires = combined(law?.value ?? '', own ?? '');
  const because =
    law?.because ??
    preference?.because ??
    (django && requires !== ''
      ? { says: `what Django ${django.value} runs on`, ...(django.because.where && { where: django.because.where }) }
      : { says: 'nothing says which; any that Roadie supports' });
  return checked(
    {
      requires,
      ...(preference && { preferred: preference.value }),
      ...(preference && law && { preferredBecause: preference.because }),
    },
    because,
  );
}

/**
 * The project's range and Django's, as far as Django's excludes anything more. Where the two leave nothing, the project's own
 * word counts: it has been tried, while Django's table only says what was tested.
 */
function combined(law: string, own: string): string {
  const allowed = (specifier: string): readonly string[] =>
    supportedPythons.filter((series) => specifier === '' || seriesCanSatisfy(parseVersion(series), specifier));
  let requires = law;
  for (const part of own.split(',')) {
    const narrower = requires === '' ? part : `${requires},${part}`;
    const left = allowed(narrower);
    if (left.length > 0 && left.length < allowed(requires).length) requires = narrower;
  }
  return requires;
}

function checked(value: Facts['python']['value'], because: Evidence): Result<Facts['python']> {
  if (
    value.requires === '' ||
    supportedPythons.some((series) => seriesCanSatisfy(parseVersion(series), value.requires))
  )
    return ok({ value, because });
  return failed({
    code: 'python-unsupported',
    summary: `The project needs Python ${value.requires}; Roadie supports Python ${supportedPythons.at(-1) ?? ''} to ${supportedPythons[0]}`,
    detail: because.says,
    ...(because.where && { where: because.where }),
    cure: [
      'Try the project on a newer Python and widen the range; or write `python = "3.12"` into roadie.toml to use another all the same.',
    ],
  });
}

function range(scan: ProjectScan, root: string): Fact<string> | undefined {
  for (const folder of new Set([root, '.'])) {
    const file = below(folder, 'pyproject.toml');
    const text = scan.texts[file] ?? '';
    const requires = readPyproject(file, text)?.requiresPython ?? '';
    const where = { file, line: lineOf(text, /^\s*(requires-python|python)\s*=/m) };
    if (requires !== '')
      return {
        value: requires,
        because: {
          says: `${/requires-python/.test(text) ? 'requires-python' : 'python'} ${requires} in ${file}`,
          where,
        },
      };
    for (const name of ['setup.py', 'setup.cfg']) {
      const setup = below(folder, name);
      const found = /python_requires\s*=\s*["']?([^"'\n]+)/.exec(scan.texts[setup] ?? '')?.[1];
      if (found !== undefined)
        return {
          value: found.trim().replaceAll(/\s+/g, ''),
          because: {
            says: `python_requires in ${setup}`,
            where: { file: setup, line: lineOf(scan.texts[setup] ?? '', /python_requires/) },
          },
        };
    }
  }
  return undefined;
}

function pin(scan: ProjectScan, root: string): Fact<string> | undefined {
  const shapes: readonly (readonly [string, RegExp])[] = [
    ['.python-version', /^\s*(?:python-|cpython-)?(\d+\.\d+(?:\.\d+)?)/m],
    ['runtime.txt', /^\s*(?:python-)?(\d+\.\d+(?:\.\d+)?)/m],
    ['Pipfile', /^python_(?:full_)?version\s*=\s*["'](\d+\.\d+(?:\.\d+)?)/m],
    ['Dockerfile', /^FROM\s+(?:--platform=\S+\s+)?\S*python:(\d+\.\d+(?:\.\d+)?)/im],
  ];
  for (const [name, pattern] of shapes) {
    const image = name === 'Dockerfile' ? imagePython(scan) : undefined;
    if (image) return image;
    for (const folder of new Set([root, '.'])) {
      const file =
        Object.keys(scan.texts).find((one) => one === below(folder, name)) ??
        (name === 'Dockerfile'
          ? (Object.keys(scan.texts).find((one) => baseName(one) === name) ?? findDockerfile(scan)?.file)
          : undefined);
      const text = file === undefined ? '' : (scan.texts[file] ?? '');
      const version = pattern.exec(text)?.[1];
      if (file !== undefined && version !== undefined)
        return {
          value: version,
          because: { says: `Python ${version} in ${file}`, where: { file, line: lineOf(text, pattern) } },
        };
    }
  }
  return undefined;
}

/** The Python of the image that runs the project: that of its last stage with one, where its variables are as the file has them. */
function imagePython(scan: ProjectScan): Fact<string> | undefined {
  const dockerfile = findDockerfile(scan);
  const found = dockerfile?.instructions.flatMap(({ word, rest, line }) => {
    const version = word === 'FROM' ? /(?:^|[\s/])python:(\d+\.\d+(?:\.\d+)?)/i.exec(rest)?.[1] : undefined;
    return version === undefined ? [] : [{ version, line }];
  });
  const last = found?.at(-1);
  if (!dockerfile || !last) return undefined;
  const { file } = dockerfile;
  return {
    value: last.version,
    because: { says: `Python ${last.version} in ${file}`, where: { file, line: last.line } },
  };
}

/** `>=3.10,<3.13`: the Pythons on which the Djangos that a specifier allows run; undefined where it allows all of them. */
function pythonsOf(specifier: string): string | undefined {
  const series = fitting(specifier);
  const [first] = series;
  const last = series.at(-1);
  if (!first || !last) return undefined;
  const oldest = first[1];
  // An open range lets the installer choose a newer Django for a newer Python.
  if (last === djangos.at(-1)) return `>=${oldest}`;
  const [major = 3, minor = 0] = parseVersion(last[2]);
  return `>=${oldest},<${major}.${minor + 1}`;
}

function fitting(specifier: string): readonly (readonly [string, string, string])[] {
  const range = /^[\^~]\d/.test(specifier) ? fromPoetry(specifier) : specifier;
  return djangos.filter(([series]) => seriesCanSatisfy(parseVersion(series), range));
}

function place(says: string, requirement: Requirement | undefined): Evidence {
  return requirement
    ? { says: `${says} in ${requirement.where.file}:${requirement.where.line ?? 1}`, where: requirement.where }
    : { says };
}
