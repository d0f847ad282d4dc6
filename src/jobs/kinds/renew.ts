import { setTimeout as delay } from 'node:timers/promises';

import { readCertificate } from '../../certificates/certificate.ts';
import { ensureCertificate } from '../../certificates/ensure.ts';
import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import { servedCertificate } from '../../machine/network/served-certificate.ts';
import { ProblemError } from '../../problems/problem.ts';
import type { SiteRecord } from '../../sites/record.ts';
import { reloadEdge } from '../../targets/machine/index.ts';
import { type JobContext, knownSite } from '../context.ts';
import { typed } from '../../problems/shell-word.ts';

/** The edge reads new files in some tenths of a second, on a busy machine in some seconds. Milliseconds. */
const servedWithinMs = 30_000;
const askAgainMs = 100;

/**
 * Renews a site's certificate where that is due, has the edge take it and asks over TLS whether it is served: a certificate that
 * lies on the disk helps no visitor. Throws `certificate-not-served`, and `restore-needed` where the authority's key is gone.
 */
export async function renew(request: JobOf<'renew'>, context: JobContext): Promise<JobResults['renew']> {
  const record = await knownSite(context, request.site);
  const { name: site, domains } = record;
  const certificate = await ensureCertificate({ layout: context.layout, site, domains, now: new Date() });
  const { changed, because, serial } = certificate;
  // Also where nothing was due: a job may have been killed before this.
  if (!(await isServed(record, serial))) {
    await reloadEdge(context);
    await requireServed(record, serial, context);
  }
  const not_after = certificate.notAfter.toISOString();
  if (changed)
    context.emit({ type: 'note', level: 'info', site, text: `The certificate is renewed until ${not_after}` });
  return { site, renewed: changed, because, serial, not_after };
}

async function isServed({ domains, ports }: SiteRecord, serial: string): Promise<boolean> {
  return readCertificate(await servedCertificate(domains[0], ports.https))?.serial === serial;
}

async function requireServed(record: SiteRecord, serial: string, { log }: JobContext): Promise<void> {
  for (const end = performance.now() + servedWithinMs; performance.now() < end; await delay(askAgainMs))
    if (await isServed(record, serial)) return;
  throw new ProblemError({
    code: 'certificate-not-served',
    summary: `${record.domains[0]} is not served with the certificate with the serial number ${serial}, which is on the disk`,
    cure: ['$ roadie logs edge', `$ roadie up ${typed(record.request.source)}`, `The whole output: ${log}`],
  });
}
