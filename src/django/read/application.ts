import { failed, ok, type Result } from '../../problems/problem.ts';
import type { Fact, Facts, Requirement } from '../facts.ts';
import { baseName, depthOf, folderOf, importedAs, isAside, isAsideIn, lineOf } from './paths.ts';
import type { ProjectScan, SettingsScan } from './scan.ts';
import { findWebCommand } from './web-command.ts';

type Application = Facts['application'];

/**
 * WSGI, unless the project shows that it needs ASGI: channels or daphne, an ASGI server in Procfile or Dockerfile, or no WSGI.
 * Problem: `no-application`.
 */
export function findApplication(
  scan: ProjectScan,
  root: string,
  settings: SettingsScan | undefined,
  requirements: readonly Requirement[],
): Result<Application> {
  const wsgi = application('wsgi', scan, root, settings);
  const asgi = application('asgi', scan, root, settings);
  const reason = asgi && wantsAsgi(scan, settings, requirements);
  if (asgi && reason) return ok({ value: asgi.value, because: reason });
  if (wsgi) return ok(wsgi);
  if (asgi)
    return ok({
      value: asgi.value,
      because: {
        says: `no WSGI application, but ${asgi.because.says}`,
        ...(asgi.because.where && { where: asgi.because.where }),
      },
    });
  if (settings) {
    // Django makes one from the settings alone; only the file is missing.
    return failed({
      code: 'no-application',
      summary: `The project has neither wsgi.py nor asgi.py beside ${settings.file}`,
      where: { file: settings.file },
      cure: ['Add the wsgi.py that `django-admin startproject` writes, and name it in WSGI_APPLICATION.'],
    });
  }
  return failed({
    code: 'no-application',
    summary: 'The project has neither a WSGI nor an ASGI application',
    cure: ['Add the wsgi.py that `django-admin startproject` writes.'],
  });
}

/** The application of the other kind, where there is one besides that which was found. */
export function findOtherApplication(
  { value: { kind } }: Application,
  scan: ProjectScan,
  root: string,
  settings: SettingsScan | undefined,
): Application | undefined {
  return application(kind === 'wsgi' ? 'asgi' : 'wsgi', scan, root, settings);
}

function application(
  kind: 'wsgi' | 'asgi',
  scan: ProjectScan,
  root: string,
  settings: SettingsScan | undefined,
): Application | undefined {
  const named = settings?.assigned[`${kind.toUpperCase()}_APPLICATION`];
  const served = findWebCommand(scan);
  for (const word of served?.value ?? []) {
    const [, module = '', name] = /^([A-Za-z_][\w.]*)(?::(\w+))?$/.exec(word) ?? [];
    const entry = scan.applications.find((one) => one.kind === kind && importedAs(one.file, root, settings) === module);
    const called = name ?? 'application';
    if (served && entry?.names.includes(called) === true && named?.value !== `${module}.${called}`)
      return { value: { kind, module, name: called }, because: served.because };
  }
  if (named && typeof named.value === 'string' && named.value.includes('.')) {
    const module = named.value.slice(0, named.value.lastIndexOf('.'));
    const name = named.value.slice(module.length + 1);
    const exists =
      scan.applications.some((entry) => importedAs(entry.file, root, settings) === module) ||
      scan.files.includes(`${root === '.' ? '' : `${root}/`}${module.replaceAll('.', '/')}.py`);
    if (exists)
      return {
        value: { kind, module, name },
        because: { says: `${kind.toUpperCase()}_APPLICATION`, where: { file: named.file, line: named.line } },
      };
  }
  const near = settings ? folderOf(settings.file) : root;
  const found = scan.applications
    .filter(
      (entry) =>
        entry.kind === kind && (root === '.' || entry.file.startsWith(`${root}/`)) && !isAsideIn(entry.file, root),
    )
    .toSorted((left, right) => distance(left.file, near) - distance(right.file, near))[0];
  if (!found) return undefined;
  const name = found.names.includes('application') ? 'application' : (found.names[0] ?? 'application');
  return {
    value: { kind, module: importedAs(found.file, root, settings), name },
    because: { says: baseName(found.file), where: { file: found.file } },
  };
}

/** 0 beside or above the settings; else by depth. */
function distance(file: string, near: string): number {
  return near === folderOf(file) || near.startsWith(`${folderOf(file)}/`) ? 0 : 1 + depthOf(file);
}

function wantsAsgi(
  scan: ProjectScan,
  settings: SettingsScan | undefined,
  requirements: readonly Requirement[],
): Fact<unknown>['because'] | undefined {
  const app = settings?.installedApps.find((one) => /^(channels|daphne)(\.|$)/.test(one.value));
  if (app) return { says: `ASGI: ${app.value} in INSTALLED_APPS`, where: { file: app.file, line: app.line } };
  const layers = settings?.assigned['CHANNEL_LAYERS'];
  if (layers) return { says: 'ASGI: CHANNEL_LAYERS', where: { file: layers.file, line: layers.line } };
  const pattern = /\b(daphne|hypercorn|granian|uvicorn\.workers|uvicorn_worker)\b|\buvicorn\b(?!.*--reload)/;
  for (const [file, text] of Object.entries(scan.texts)) {
    const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
    const runs = lines.find((line) => pattern.test(line) && /asgi/.test(line) && !/pip install/.test(line));
    if (/^(procfile|dockerfile)/i.test(baseName(file)) && !isAside(file) && runs !== undefined)
      return { says: `ASGI: ${file} runs an ASGI server`, where: { file, line: lineOf(text, pattern) } };
  }
  const server = requirements.find((one) => one.name === 'channels');
  return server && { says: `ASGI: channels in ${server.where.file}:${server.where.line ?? 1}`, where: server.where };
}
