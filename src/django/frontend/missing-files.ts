import type { Where } from '../../problems/problem.ts';
import { baseName, below, folderOf } from '../read/paths.ts';
import type { ProjectScan, SettingsScan } from '../read/scan.ts';
import { isIn, type NodePackage } from './packages.ts';

/** Files that the settings look for, that nobody has committed, and the package whose build makes them. */
export type Wanted = {
  readonly pack: NodePackage;
  /** Relative to the project. */
  readonly path: string;
  /** They are a package's own, and there once it is installed. */
  readonly nodeModules: boolean;
  readonly says: string;
  readonly where: Where;
};

/** Everything that the settings name and only a build of the project's own front ends can make. */
export function missingFiles(
  scan: ProjectScan,
  root: string,
  settings: SettingsScan | undefined,
  packages: readonly NodePackage[],
): readonly Wanted[] {
  if (!settings || packages.length === 0) return [];
  const named = settings.paths.flatMap(({ setting, path, file, line, conditional }) => {
    if (conditional || rootSettings.includes(setting) || isThere(scan, path)) return [];
    const nodeModules = /(^|\/)node_modules(\/|$)/.test(path);
    const pack = makerOf(path, nodeModules, scan, packages);
    if (!pack) return [];
    return [
      {
        pack,
        path,
        nodeModules,
        says: `${setting} in ${file}:${line} names ${path}, which is not there`,
        where: { file, line },
      },
    ];
  });
  const apps = [
    ...ofTailwind(scan, root, settings, packages),
    ...ofLoaders(scan, settings, packages),
    ...ofFinders(scan, root, settings, packages),
  ];
  return [...named, ...apps.filter(({ pack }) => !named.some((one) => one.pack.folder === pack.folder))];
}

function isThere(scan: ProjectScan, path: string): boolean {
  return scan.files.some((file) => file === path || file.startsWith(`${path}/`));
}

/** The package that a path lies in, else the one whose scripts or bundler's configuration name the folder that is made. */
function makerOf(
  path: string,
  nodeModules: boolean,
  scan: ProjectScan,
  packages: readonly NodePackage[],
): NodePackage | undefined {
  const around = packages
    .filter(({ folder }) => isIn(folder, path))
    .toSorted((one, other) => other.folder.length - one.folder.length);
  if (nodeModules)
    return around.find(
      ({ folder }) => path === below(folder, 'node_modules') || path.startsWith(`${below(folder, 'node_modules')}/`),
    );
  const inside = around.find((pack) => builds(pack) && (pack.folder !== '.' || mentions(pack, path, scan)));
  return inside ?? packages.find((pack) => builds(pack) && mentions(pack, path, scan));
}

function builds({ scripts }: NodePackage): boolean {
  return Object.keys(scripts).some((name) => /^(build|prod|bundle|compile|heroku-postbuild)/.test(name));
}

/** Whether what a package has about its build names the last part of a path. */
function mentions(pack: NodePackage, path: string, scan: ProjectScan): boolean {
  const configs = Object.entries(scan.texts).filter(
    ([file]) => /\.config(\.[^/]+)?\.[cm]?[jt]s$/.test(file) && folderOf(file) === pack.folder,
  );
  const texts = [...Object.values(pack.scripts), ...configs.map(([, text]) => text)];
  const name = baseName(path).replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const word = new RegExp(`(^|[^\\w-])${name}($|[^\\w-])`);
  // Where the tools' own default is meant nobody writes it down.
  return (
    texts.some((text) => word.test(text)) || (pack.folder !== '.' && isIn(pack.folder, path)) || usualOutput(pack, path)
  );
}

function usualOutput({ folder, dependencies }: NodePackage, path: string): boolean {
  const name = path === below(folder, 'dist') ? 'dist' : path === below(folder, 'build') ? 'build' : '';
  return (
    (name === 'dist' && ['vite', 'webpack', 'parcel', '@vue/cli-service'].some((one) => one in dependencies)) ||
    (name === 'build' && 'react-scripts' in dependencies)
  );
}

/** django-tailwind: the theme's application has its package in static_src, and its styles are made into static/css/dist. */
function ofTailwind(
  scan: ProjectScan,
  root: string,
  settings: SettingsScan,
  packages: readonly NodePackage[],
): readonly Wanted[] {
  const app = settings.assigned['TAILWIND_APP_NAME'];
  const installed = settings.installedApps.find(({ value }) => value === 'tailwind');
  if (!installed || typeof app?.value !== 'string') return [];
  const ending = below(app.value.replaceAll('.', '/'), 'static_src');
  const pack = packages.find(
    ({ folder }) => folder === below(root, ending) || folder === ending || folder.endsWith(`/${ending}`),
  );
  if (!pack || !builds(pack)) return [];
  const path = below(folderOf(pack.folder), 'static/css/dist');
  if (isThere(scan, path)) return [];
  const where = { file: app.file, line: app.line };
  return [
    {
      pack,
      path,
      nodeModules: false,
      says: `TAILWIND_APP_NAME in ${app.file}:${app.line}, and ${path} is not there`,
      where,
    },
  ];
}

/** django-vite and django-webpack-loader read what a build has written about itself: without it every page that uses them fails. */
function ofLoaders(scan: ProjectScan, settings: SettingsScan, packages: readonly NodePackage[]): readonly Wanted[] {
  const loader = settings.installedApps.find(({ value }) => value === 'django_vite' || value === 'webpack_loader');
  const pack = loader && packages.find(builds);
  if (!loader || !pack) return [];
  const written =
    loader.value === 'django_vite' ? /(^|\/)(\.vite\/)?manifest\.json$/ : /(^|\/)webpack-(stats|bundle)[^/]*\.json$/;
  if (scan.files.some((file) => written.test(file))) return [];
  const where = { file: loader.file, line: loader.line };
  const what = loader.value === 'django_vite' ? 'manifest.json' : 'webpack-stats.json';
  return [
    {
      pack,
      path: what,
      nodeModules: false,
      says: `${loader.value} in ${loader.file}:${loader.line}, and there is no ${what}`,
      where,
    },
  ];
}

/**
 * Finders of static files that look among installed packages (django-npm, django-node-assets, django-yarnpkg …): collectstatic fails
 * without them. Where they look they are told by a setting, else it is the folder that Django runs in.
 */
function ofFinders(
  scan: ProjectScan,
  root: string,
  settings: SettingsScan,
  packages: readonly NodePackage[],
): readonly Wanted[] {
  const finders = settings.assigned['STATICFILES_FINDERS'];
  const named = Array.isArray(finders?.value) ? finders.value : [];
  const finder = named.find((one) => typeof one === 'string' && /(^|[._])(npm|yarn|yarnpkg|node)([._]|$)/.test(one));
  if (!finders || typeof finder !== 'string') return [];
  const known = settings.paths.find(({ setting }) => rootSettings.includes(setting))?.path;
  const written = rootSettings.map((name) => settings.assigned[name]?.value).find((value) => typeof value === 'string');
  const at = known ?? below(root, typeof written === 'string' ? written.replace(/(?<=.)\/+$/, '') : '.');
  const pack = packages.find(({ folder }) => folder === (at === '' ? '.' : at));
  if (!pack || pack.needed.length === 0) return [];
  const path = below(pack.folder, 'node_modules');
  if (isThere(scan, path)) return [];
  const where = { file: finders.file, line: finders.line };
  const says = `${finder} in ${finders.file}:${finders.line} looks in ${path}, which is not there`;
  return [{ pack, path, nodeModules: true, says, where }];
}

/** Of django-npm and django-yarnpkg: the folder with package.json. */
const rootSettings = ['NPM_ROOT_PATH', 'YARN_ROOT_PATH'];
