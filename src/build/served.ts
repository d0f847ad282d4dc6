import { canonical, isBelow } from '../components/paths.ts';
import type { Probe } from '../django/facts.ts';
import { failed, ok, type Problem, type Result } from '../problems/problem.ts';
import { typed } from '../problems/shell-word.ts';

/** A folder of files and the address that visitors reach them at. */
export type Served = { readonly url: string; readonly folder: string };

/** What the edge may serve for a release. What Django's settings say is a wish: it is granted inside these folders, and nowhere else. */
export type ServedInput = {
  readonly site: string;
  /** The release's own folder for static files. */
  readonly static: string;
  /** The site's folder for uploads. */
  readonly media: string;
  /** Names of the owner's variables that set STATIC_ROOT or MEDIA_ROOT. */
  readonly chosen: { readonly static: readonly string[]; readonly media: readonly string[] };
};

/**
 * The folders that the edge serves for a release; null where there is nothing to serve: no such address on this site, or files that
 * are kept elsewhere than on this machine's disk. A folder outside of the site's own is refused with `served-outside`, whoever
 * named it: the edge can read more than the site can.
 */
export function servedFolders(
  probe: Probe,
  input: ServedInput,
): Result<{ readonly static: Served | null; readonly media: Served | null }> {
  const [files, uploads] = [servedStatic(probe, input), servedMedia(probe, input)];
  const problems = [files, uploads].flatMap((result) => (result.ok ? [] : result.problems));
  const [first, ...rest] = problems;
  if (first) return failed(first, ...rest);
  return ok({ static: files.ok ? files.value : null, media: uploads.ok ? uploads.value : null });
}

/** Static files come out of the release, and out of no other folder. */
function servedStatic(probe: Probe, input: ServedInput): Result<Served | null> {
  const url = localPath(probe.staticUrl);
  if (url === null || !probe.installedApps.includes('django.contrib.staticfiles')) return ok(null);
  const folder = canonical(probe.staticRoot ?? input.static);
  if (folder === input.static) return ok({ url, folder });
  return failed({
    code: 'served-outside',
    summary: `STATIC_ROOT is ${folder}, which is not this release's folder for static files`,
    detail: `The edge serves ${url} from ${input.static}, where each release has its own files.`,
    cure: [
      'Leave STATIC_ROOT to Roadie: take out what sets it after the settings (an `AppConfig.ready`, for instance).',
      ...input.chosen.static.map((name) => `$ roadie env unset ${input.site} ${name}`),
    ],
  });
}

/** Uploads come out of the site's own folder for them, or one below it. */
function servedMedia(probe: Probe, input: ServedInput): Result<Served | null> {
  const url = localPath(probe.mediaUrl);
  if (url === null || probe.mediaRoot === '') return ok(null);
  if (probe.defaultStorage !== null && !probe.defaultStorage.endsWith('FileSystemStorage')) return ok(null);
  const folder = canonical(probe.mediaRoot);
  return isBelow(folder, input.media)
    ? ok({ url, folder })
    : failed(mediaProblem(`MEDIA_ROOT is ${folder}, which is not in this site's folder for uploads`, folder, input));
}

/** The problem of a MEDIA_ROOT that a link (`link`) leads away from the site's folder. */
export function linkedAway(link: string, folder: string, input: ServedInput): Problem {
  return mediaProblem(`MEDIA_ROOT is ${folder}, and ${link} on the way to it is a link`, folder, input);
}

function mediaProblem(summary: string, folder: string, input: ServedInput): Problem {
  return {
    code: 'served-outside',
    summary,
    detail: `The edge serves a site's uploads from ${input.media} and from no other folder, since it can read more than the site can.`,
    cure: [
      'Leave MEDIA_ROOT to Roadie: take out what sets it after the settings (an `AppConfig.ready`, for instance).',
      ...input.chosen.media.map((name) => `$ roadie env unset ${input.site} ${name}`),
      'Where the uploads belong on another disk, have the system mount that folder there (and add it to /etc/fstab):',
      `$ mount --bind ${typed(folder)} ${typed(input.media)}`,
    ],
  };
}

/** The path of an address that belongs to this site, with a slash at both ends; null for another's, and for the root itself. */
export function localPath(url: string | null): string | null {
  if (url === null || url === '' || url.includes('://') || url.startsWith('//')) return null;
  const path = `/${url}/`.replace(/\/{2,}/g, '/');
  return path === '/' || !/^\/[\w./~%@+-]*$/.test(path) || path.includes('..') ? null : path;
}
