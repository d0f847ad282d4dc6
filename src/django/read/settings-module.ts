import type { Config } from '../../config/config.ts';
import { failed, ok, type Problem, type Result } from '../../problems/problem.ts';
import type { Fact } from '../facts.ts';
import { composeServices } from './compose.ts';
import { type Example, exampleProblem, importsOnlyExample, onlyExample } from './example-settings.ts';
import { baseName, below, depthOf, folderOf, isAside, isCompose, lineOf } from './paths.ts';
import { findRoot, settingsNamed } from './root.ts';
import type { ProjectScan, SettingsScan } from './scan.ts';
import { typed } from '../../problems/shell-word.ts';

/** The module and what was read in it; absent where it could not be read (generated at run time, say). */
export type SettingsFound = { readonly fact: Fact<string>; readonly scan: SettingsScan | undefined };

const production = /(^|[._-])(production|prod|prd|live|deploy|deployment|heroku)$/;
const development =
  /(^|[._-])(docker_?dev|dev|devel|develop|development|local|test|tests|testing|ci|debug|docs|example|staging)$/;

/**
 * Which settings production uses: the config's; what Dockerfile, app.json, uwsgi or Procfile set; a sibling named production or
 * prod; what Compose sets; the default of wsgi.py or asgi.py; manage.py's; the only ones that
 * turn DEBUG off; a lone `base`. Development settings only where nothing else is there.
 * Problems: `settings-syntax-error`, `settings-only-example`, `no-django-project`.
 */
export function findSettingsModule(scan: ProjectScan, root: string, config: Config): Result<SettingsFound> {
  const searched = searchSettings(scan, root, config);
  switch (searched.kind) {
    case 'found':
      return ok(searched.found);
    case 'example':
      return failed(exampleProblem(searched.example));
    case 'problem':
      return failed(searched.problem);
  }
}

/** What the search for the settings comes to: `example` where they, or what they import, are there only as an example. */
type SettingsSearch =
  | { readonly kind: 'found'; readonly found: SettingsFound }
  | { readonly kind: 'example'; readonly example: Example }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** As {@link findSettingsModule}. */
function searchSettings(scan: ProjectScan, root: string, config: Config): SettingsSearch {
  const broken = syntaxError(scan, root);
  const named = candidates(scan, root, config);
  const usable = named.filter((fact) => config.settings === fact.value || !development.test(fact.value));
  for (const fact of [...usable, ...named]) {
    const error = errorIn(scan, fact.value, root);
    if (error) return { kind: 'problem', problem: error };
    const found = settingsNamed(scan, fact.value, root);
    const path = below(root, `${fact.value.replaceAll('.', '/')}.py`);
    const example = found
      ? importsOnlyExample(scan, found)
      : onlyExample(scan, path, fact.because.where ?? { file: path }, fact.because.says);
    if (example) return { kind: 'example', example };
    if (found || config.settings === fact.value) return { kind: 'found', found: { fact, scan: found } };
  }
  if (broken) return { kind: 'problem', problem: broken };
  const [first] = usable.length > 0 ? usable : named;
  // Named, but not in the checkout: it may come from a package. Django will tell.
  if (first) return { kind: 'found', found: { fact: first, scan: undefined } };
  return {
    kind: 'problem',
    problem: {
      code: 'no-django-project',
      summary: `No settings module was found for ${below(root, 'manage.py')}`,
      where: { file: below(root, 'manage.py') },
      cure: ['Write `settings = "package.settings"` into roadie.toml.'],
    },
  };
}

/** The first file that a project's settings want and that is there only as an example. */
export function wantedExample(scan: ProjectScan, config: Config): Example | undefined {
  const root = findRoot(scan, config);
  if (!root.ok) return undefined;
  const searched = searchSettings(scan, root.value.value, config);
  return searched.kind === 'example' ? searched.example : undefined;
}

function candidates(scan: ProjectScan, root: string, config: Config): readonly Fact<string>[] {
  const programs = scan.applications
    .filter((entry) => entry.settings !== null && within(entry.file, root) && !isAside(entry.file))
    .toSorted(
      (left, right) =>
        Number(left.kind === 'asgi') - Number(right.kind === 'asgi') || depthOf(left.file) - depthOf(right.file),
    );
  const manage = scan.manage.filter((entry) => entry.settings !== null && folderOf(entry.file) === root);
  const defaults = [...programs, ...manage].flatMap((entry) =>
    entry.settings === null ? [] : [{ module: entry.settings, entry }],
  );
  // Where the programs' own settings are imported from another folder below, `src/` say, their siblings are as well.
  const bases = new Set([root, ...defaults.map(({ module }) => settingsNamed(scan, module, root)?.base)]);
  const inRoot = scan.settings.filter((one) => bases.has(one.base) && !isAside(one.file));
  const siblings = inRoot
    .filter((one) => production.test(one.module))
    .toSorted((left, right) => depthOf(left.file) - depthOf(right.file));
  const built = builtWith(scan);
  // Whatever a platform calls its own: what takes from a base and turns DEBUG off is for no developer.
  const [quiet, ...others] = inRoot.filter(
    (one) =>
      one.chain.length > 1 &&
      !development.test(one.module) &&
      !built.has(one.module) &&
      one.assigned['DEBUG']?.value === false &&
      one.assigned['DEBUG'].file === one.file,
  );
  const hard = programs.find((entry) => entry.hard && entry.settings !== null);
  return [
    ...(config.settings === undefined
      ? []
      : [{ value: config.settings, because: { says: '`settings` in the config' } }]),
    // What wsgi.py sets whatever the environment says cannot be changed from outside.
    ...(hard?.settings == null
      ? []
      : [
          {
            value: hard.settings,
            because: {
              says: `${hard.file} sets it whatever the environment says`,
              where: { file: hard.file, line: hard.line },
            },
          },
        ]),
    ...fromDeployment(scan),
    ...siblings.map((one) => ({
      value: one.module,
      because: { says: 'production settings beside the others', where: { file: one.file } },
    })),
    // One whose code is served by runserver is for developing it.
    ...fromCompose(scan),
    ...defaults.map(({ module, entry }) => ({
      value: module,
      because: { says: `the default in ${entry.file}`, where: { file: entry.file, line: entry.line } },
    })),
    ...(quiet && others.length === 0
      ? [{ value: quiet.module, because: { says: 'the only ones that turn DEBUG off', where: { file: quiet.file } } }]
      : []),
    ...inRoot
      .filter((one) => 'ROOT_URLCONF' in one.assigned || 'INSTALLED_APPS' in one.assigned)
      .toSorted((left, right) => rank(left) - rank(right) || depthOf(left.file) - depthOf(right.file))
      .map((one) => ({
        value: one.module,
        because: { says: 'nothing names another, and they are not for development', where: { file: one.file } },
      })),
  ];
}

/** Complete settings before `base`, and `base` before those of other occasions. */
function rank(settings: SettingsScan): number {
  if (/(^|\.)settings$/.test(settings.module)) return 0;
  return /(^|\.)(base|common|defaults?)$/.test(settings.module) ? 1 : 2;
}

function fromDeployment(scan: ProjectScan): readonly Fact<string>[] {
  const order = [/^(.*\.)?dockerfile/i, /^app\.json$/, /^uwsgi.*\.ini$/i, /^procfile$/i, /\.service$/];
  return order.flatMap((kind) =>
    settingIn(
      scan,
      (file) => kind.test(baseName(file)) && !isAside(file) && !/(dev|local|test|ci|override)\b/i.test(baseName(file)),
    ),
  );
}

/** What the services of Compose files have in their environment, or give to the programs that they run. */
function fromCompose(scan: ProjectScan): readonly Fact<string>[] {
  return Object.keys(scan.texts)
    .filter((file) => isCompose(file))
    .map((file) => composeServices(scan.texts, file))
    .filter((services) => !services.some(({ programs }) => programs.some(({ text }) => /\brunserver\b/.test(text))))
    .flat()
    .flatMap(({ environment, programs, file }) => {
      const said = environment.get('DJANGO_SETTINGS_MODULE');
      const named = [
        ...(said ? [{ value: said.value ?? '', line: said.line }] : []),
        ...programs.map(({ text, start }) => ({ value: namedIn(text) ?? '', line: start })),
      ];
      return named
        .filter(({ value }) => /^[A-Za-z_][\w.-]*\.[\w.-]*\w$/.test(value) && !development.test(value))
        .map(({ value, line }) => ({ value, because: { says: `set in ${file}`, where: { file, line } } }));
    });
}

const naming =
  /DJANGO_SETTINGS_MODULE["']?\s*[=: ]\s*(?:\{\s*"value"\s*:\s*)?["']?([A-Za-z_][\w.-]*\w)|--settings[= ]([A-Za-z_][\w.]*\w)/;

/** The settings that a text sets or hands over. */
function namedIn(text: string): string | undefined {
  const match = naming.exec(text);
  return match?.[1] ?? match?.[2];
}

/** What such files set it to, unless that is for developing. */
function settingIn(scan: ProjectScan, fits: (file: string, text: string) => boolean): readonly Fact<string>[] {
  return Object.entries(scan.texts)
    .filter(([file, text]) => fits(file, text))
    .flatMap(([file, text]) => {
      const value = namedIn(withoutRuns(withoutComments(text)));
      return value !== undefined && value.includes('.') && !development.test(value)
        ? [{ value, because: { says: `set in ${file}`, where: { file, line: lineOf(text, naming) } } }]
        : [];
    });
}

function withoutComments(text: string): string {
  return text.replaceAll(/^\s*[#;].*$/gm, '');
}

/** Steps of an image's build, with their continued lines. */
const runSteps = /^\s*RUN\s(?:.*\\\n)*.*$/gm;

/** The settings that a step of an image's build sets for itself, to collect static files say. */
function builtWith(scan: ProjectScan): ReadonlySet<string> {
  const steps = Object.entries(scan.texts)
    .filter(([file]) => /dockerfile/i.test(baseName(file)))
    .flatMap(([, text]) => text.match(runSteps) ?? []);
  return new Set(
    steps.flatMap((step) => [...step.matchAll(/DJANGO_SETTINGS_MODULE=["']?([\w.]+)/g)].map((match) => match[1] ?? '')),
  );
}

/** What a step of an image's build sets for itself does not hold for what is started later. */
function withoutRuns(text: string): string {
  return text.replaceAll(runSteps, '');
}

function within(file: string, root: string): boolean {
  return root === '.' || file.startsWith(`${root}/`);
}

function errorIn(scan: ProjectScan, module: string, root: string): Problem | undefined {
  const path = below(root, module.replaceAll('.', '/'));
  const chain = settingsNamed(scan, module, root)?.chain ?? [];
  const folder = folderOf(path);
  const error =
    scan.syntaxErrors.find((one) => one.file === `${path}.py` || one.file === `${path}/__init__.py`) ??
    // A base that could not be read is missing from the chain.
    scan.syntaxErrors.find(
      (one) =>
        chain.length > 0 &&
        folderOf(one.file) === folder &&
        /(^|\/)(base|common|defaults?|settings|components\/.*)\.py$/.test(one.file),
    );
  return (
    error && {
      code: 'settings-syntax-error',
      summary: `${error.file} is not valid Python: ${error.message}`,
      ...(error.text !== '' && { detail: error.text }),
      where: { file: error.file, line: error.line, column: error.column },
      cure: ['Fix that line.', `$ python3 -m py_compile ${typed(error.file)}`],
    }
  );
}

function syntaxError(scan: ProjectScan, root: string): Problem | undefined {
  const error = scan.syntaxErrors.find(
    (one) => within(one.file, root) && /settings/.test(one.file) && !isAside(one.file),
  );
  return (
    error && {
      code: 'settings-syntax-error',
      summary: `${error.file} is not valid Python: ${error.message}`,
      detail: error.text,
      where: { file: error.file, line: error.line, column: error.column },
      cure: ['Fix that line.'],
    }
  );
}
