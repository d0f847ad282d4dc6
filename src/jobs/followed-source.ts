import type { SiteRecord } from '../sites/record.ts';
import type { JobOf } from '../contract/jobs.ts';
import { must, ProblemError } from '../problems/problem.ts';
import { accessPlaces } from '../source/access.ts';
import { fetchUser } from '../source/fetch-user.ts';
import { followOf } from '../source/follow.ts';
import { headOf } from '../source/head.ts';
import { ownRepository } from '../source/own-repository.ts';
import type { JobContext } from './context.ts';
import type { ReadProject } from './read-project.ts';

/** What a site is to remember of its source. */
export type FollowedSource = {
  /** The record before, with what is followed from now on. */
  readonly record: Partial<SiteRecord>;
  readonly request: SiteRecord['request'];
  /** The commit of the followed branch that this deals with. */
  readonly dealt?: string;
};

/** Decides what a site follows after this `up`. For one time only, nothing of it changes. Throws `source-refused`. */
export async function followedSource(
  request: JobOf<'up'>,
  site: {
    readonly project: ReadProject;
    readonly name: string;
    readonly before: SiteRecord | undefined;
  },
  context: JobContext,
): Promise<FollowedSource> {
  const { confirmed: _, revision: __, once, ...asked } = request;
  const { project, before } = site;
  if (once === true && before) return { record: before, request: before.request };
  const { source, ref, follow } = must(
    followOf({
      source: request.source,
      ref: request.ref,
      kind: project.source.kind,
      config: project.config,
      own: ownRepository(context.layout.sites, site.name),
    }),
  );
  const { follow: ___, dealt: ____, ...rest } = before ?? {};
  const dealt =
    project.source.kind === 'git' ? project.source.revision : follow && (await headNow(follow, site, context));
  const { ref: _____, ...unbound } = asked;
  return {
    record: { ...rest, ...(before?.dealt !== undefined && { dealt: before.dealt }), ...(follow && { follow }) },
    request: { ...unbound, source, ...(ref !== undefined && { ref }) },
    ...(dealt !== undefined && { dealt }),
  };
}

/** Where a followed branch stands when its site is brought up from a folder: only what comes after that is new. */
async function headNow(
  follow: NonNullable<SiteRecord['follow']>,
  site: { readonly name: string },
  context: JobContext,
): Promise<string | undefined> {
  try {
    return (await headOf(follow, await fetchUser(context.layout), accessPlaces(context.layout))).revision;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    // The folder can go live all the same; the watch goes on asking.
    const text = `${error.problems[0].summary}. ${error.problems[0].cure[0]}`;
    context.emit({ type: 'note', level: 'warning', site: site.name, text });
    return undefined;
  }
}
