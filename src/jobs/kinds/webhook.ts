import { siteUrl } from '../../blueprint/site-url.ts';
import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import { newSecret } from '../../sites/secrets.ts';
import { type JobContext, knownSite } from '../context.ts';

/** The address at which a site takes notice of pushes, and the secret that they must know: made at the first call. */
export async function webhook(request: JobOf<'webhook'>, context: JobContext): Promise<JobResults['webhook']> {
  const record = await knownSite(context, request.site);
  const kept = request.rotate ? undefined : record.secrets['webhook'];
  const secret = kept ?? newSecret();
  if (kept === undefined) await context.records.write({ ...record, secrets: { ...record.secrets, webhook: secret } });
  return { site: record.name, url: `${siteUrl(record.domains[0], record.ports.https)}.roadie/hook`, secret };
}
