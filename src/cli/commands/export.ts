import { resolve } from 'node:path';

import type { JobResults } from '../../contract/results.ts';
import { command } from '../command.ts';
import { type WrittenExport, writeExport } from '../export-folder.ts';
import { siteNamed } from '../sites.ts';
import { watchJob } from '../watch-job.ts';

/** `export compose`: a site as a folder for Docker Compose. */
export const exportCompose = command({
  name: 'export compose',
  group: 'Sites',
  about: 'Write a site as a folder for Docker Compose: Dockerfile, compose.yaml, the edge, and a README',
  details: [
    'The project is not edited. The folder has the code of the live release, images with pinned tags, the same versions of',
    'all Python packages, and secrets in files of their own. It may be moved to another machine, which needs Docker and not',
    'Roadie; its README says the commands. An earlier export in the folder is brought up to date, and its secrets are kept.',
    'With --json: {"site","release","folder","files","secrets","kept","overrides"}, without values of secrets.',
  ].join('\n'),
  arguments: {
    site: { about: 'name of the site', presence: 'required', completes: 'site' },
    folder: {
      about: 'where to write: a new or empty folder, or an earlier export of the site',
      presence: 'required',
      completes: 'path',
    },
  },
  options: {
    force: { kind: 'flag', about: 'overwrite exported files that were changed since; never files of your own' },
  },
  examples: [
    { command: 'roadie export compose boards ~/boards-compose', about: 'then `docker compose up` in that folder' },
    { command: 'roadie export compose boards ~/boards-compose --force', about: 'again, over edited files' },
  ],
  run: async (context, { arguments: { site, folder }, options }) => {
    await siteNamed(await context.client(), site);
    const watched = await watchJob<'export'>(
      context,
      { kind: 'export', site, target: 'compose' },
      { wait: false, out: context.env.stderr, quiet: context.json },
    );
    if ('interrupted' in watched) return watched.interrupted;
    if (!watched.ok) return context.report(watched.problems);
    const written = await writeExport(resolve(context.env.cwd, folder), watched.result, { force: options.force });
    context.emit(answer(watched.result, written));
    context.say(exportView(watched.result, written, folder));
    return 0;
  },
});

/** Names only: what is secret is in the folder and nowhere else. */
function answer({ site, release, files, secrets, overrides }: JobResults['export'], written: WrittenExport): unknown {
  return {
    site,
    release,
    folder: written.folder,
    files: files.map(({ path }) => path),
    secrets: Object.keys(secrets),
    kept: written.kept,
    overrides,
  };
}

function exportView({ site, release }: JobResults['export'], { kept }: WrittenExport, folder: string): string {
  return [
    `Wrote ${site} (release ${release}) to ${folder}. Next:`,
    `  cd ${/^[\w./~-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", `'\\''`)}'`}`,
    '  docker compose build',
    '  docker compose up --detach --wait',
    ...(kept.length === 0 ? [] : [`Kept as they are in secrets/: ${kept.join(', ')}.`]),
    'README.md there has the rest: data, certificate, new versions.',
  ].join('\n');
}
