import { pythonError, inRelease } from '../manage.ts';
import { type BuildContext, required } from '../context.ts';
import type { Step } from '../step.ts';

/** What `migrate` and tutorials leave there: never where a site is in production. Prints the domain that it has put right. */
export const siteDomainProgram = `
import sys
import django
django.setup()
from django.conf import settings
from django.contrib.sites.models import Site

found = Site.objects.filter(pk=getattr(settings, "SITE_ID", 1)).first()
unset = ("example.com", "localhost", "127.0.0.1")
if found is not None and found.domain.split(":")[0] in unset:
    before = found.domain
    if found.name.split(":")[0] in unset:
        found.name = sys.argv[1][:50]
    found.domain = sys.argv[1]
    found.save()
    print(before)
`;

/**
 * Links in e-mails and feeds of django.contrib.sites name the domain of its one row, which is `example.com` after the first
 * migration. What the owner has written there stays.
 */
export const setSiteDomain: Step<BuildContext> = {
  name: 'site-domain',
  title: "Tell django.contrib.sites the site's domain",
  async run(context) {
    const { place, previous, paths, surroundings } = context;
    const uses = (probe: { readonly installedApps: readonly string[] } | undefined): boolean =>
      probe?.installedApps.includes('django.contrib.sites') === true;
    if (!uses(required(context, 'probe'))) return { skipped: 'It is not installed' };
    if (uses(previous?.probe)) return { skipped: 'An earlier release has done it' };
    if (context.blueprint.keepSiteDomain === true) return { skipped: 'The config says to leave it' };
    const port = place.ports.https === 443 ? '' : `:${place.ports.https}`;
    const domain = `${place.domains[0]}${port}`;
    const result = await inRelease(context, [paths.python, '-', domain], { as: 'site', input: siteDomainProgram });
    if (result.code !== 0) {
      const text = `The domain of django.contrib.sites could not be set: ${pythonError(result.stderr, 1)}`;
      surroundings.emit({ type: 'note', level: 'warning', site: place.site, text });
      return { skipped: 'It could not be set' };
    }
    const before = result.stdout.trim().split('\n').at(-1) ?? '';
    return before === '' ? { skipped: 'It has one' } : { detail: `${before} → ${domain}` };
  },
};
