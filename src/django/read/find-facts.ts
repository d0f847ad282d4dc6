import type { Config } from '../../config/config.ts';
import { failed, ok, type Problem, type Result } from '../../problems/problem.ts';
import { findApplication, findOtherApplication } from './application.ts';
import { memoryChannelLayer } from './channel-layer.ts';
import { findCache, findRedis } from './cache.ts';
import { findDatabase } from './database.ts';
import { findDependencies } from './dependencies.ts';
import { findEnvironment } from '../environment/environment-facts.ts';
import type { FoundFacts } from '../facts.ts';
import { findFrontEnds } from '../frontend/front-ends.ts';
import { findGunicornConfig, gunicornNotes } from './gunicorn.ts';
import { gunicornWordNotes } from './gunicorn-words.ts';
import { findHealthPath } from './health.ts';
import { leavesMigrations, leftMigrationsNote } from './left-migrations.ts';
import { findNotes } from './notes.ts';
import { findDjango, findPython, undeclaredDjango } from './python-version.ts';
import { findRoot } from './root.ts';
import type { ProjectScan } from './scan.ts';
import { findSettingsModule } from './settings-module.ts';
import { findSystemPackages } from './system-packages.ts';
import { optionNotes } from './requirement-options.ts';
import { leftOut, unusableProblem } from './unusable-requirements.ts';
import { findWebCommand } from './web-command.ts';
import { findReleaseCommands } from './release-commands.ts';
import { findWorkers } from './workers.ts';

/**
 * Everything that reading a project tells, each fact with its evidence. Problems: `no-django-project`, `several-projects`,
 * `settings-syntax-error`, `django-unsupported`, `python-unsupported`, `no-application`; all that can be told at once.
 */
export function findFacts(scan: ProjectScan, config: Config): Result<FoundFacts> {
  const found = findRoot(scan, config);
  if (!found.ok) return found;
  const root = found.value;
  const dependencies = findDependencies(scan, root.value);
  const { requirements } = dependencies;
  const settings = findSettingsModule(scan, root.value, config);
  const declared = findDjango(requirements, dependencies.locked);
  const django =
    declared.ok && !declared.value && dependencies.source.value.kind === 'none'
      ? ok(undeclaredDjango(settings.ok ? settings.value.scan : undefined))
      : declared;
  const python = findPython(scan, root.value, config, django.ok ? django.value : undefined);
  const application = settings.ok ? findApplication(scan, root.value, settings.value.scan, requirements) : undefined;
  const declaredIn = dependencies.source.value;
  const files = declaredIn.kind === 'requirements' ? declaredIn.files : [];
  const unusable = unusableProblem(files, scan.texts);
  const frontEnds = findFrontEnds(scan, root.value, settings.ok ? settings.value.scan : undefined, config);
  const [first, ...rest] = [
    ...[settings, django, python, application, frontEnds].flatMap((result): readonly Problem[] =>
      result === undefined || result.ok ? [] : result.problems,
    ),
    ...(unusable ? [unusable] : []),
  ];
  if (first) return failed(first, ...rest);
  if (!settings.ok || !django.ok || !python.ok || !application?.ok || !frontEnds.ok)
    throw new Error('a result is a value or has problems');

  const source = settings.value.scan;
  const environment = findEnvironment(scan, source);
  const installedApps = [...new Set((source?.installedApps ?? []).map((app) => app.value))];
  const database = findDatabase(config, source, requirements, environment, scan.texts);
  const cache = findCache(source, environment, requirements, scan.texts);
  const workers = findWorkers(scan, root.value, source, requirements);
  const redis = findRedis(source, requirements, cache, workers, environment, scan.texts);
  const channelLayer = memoryChannelLayer(source);
  const healthPath = findHealthPath(scan, source);
  const otherApplication = findOtherApplication(application.value, scan, root.value, source);
  const webCommand = findWebCommand(scan);
  const release = findReleaseCommands(scan);
  const makesMigrations = leavesMigrations(scan);
  const gunicornConfig = application.value.value.kind === 'wsgi' ? findGunicornConfig(scan, root.value) : undefined;
  return ok({
    folder: scan.folder,
    root,
    settingsModule: settings.value.fact,
    application: application.value,
    ...(otherApplication && { otherApplication }),
    ...(webCommand && { webCommand }),
    python: python.value,
    ...(django.value && { django: django.value }),
    dependencies: dependencies.source,
    requirements,
    installedApps,
    database,
    cache,
    redis,
    ...(channelLayer && { memoryChannelLayer: channelLayer }),
    workers,
    environment,
    systemPackages: findSystemPackages(scan, requirements, installedApps),
    ...(healthPath && { healthPath }),
    ...(gunicornConfig && { gunicornConfig }),
    releaseCommands: release.run,
    ...(release.leftOut.length > 0 && { undecidedCommands: release.leftOut }),
    ...(makesMigrations && { makesMigrations }),
    ...(frontEnds.value.length > 0 && { frontEnds: frontEnds.value }),
    notes: [
      ...findNotes(scan, source, { database, redis, environment }),
      ...gunicornNotes(scan, gunicornConfig),
      ...gunicornWordNotes(webCommand),
      ...leftOut(files, scan.texts),
      ...optionNotes(files, scan.texts),
      ...leftMigrationsNote(scan, makesMigrations),
    ],
  });
}
