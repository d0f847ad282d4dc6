import { runStep } from '../../build/step.ts';
import { crashLoopText } from '../../contract/crash-loop.ts';
import { run } from '../../machine/processes/run.ts';
import { siteEnvironment, userOf } from '../../sites/site-environment.ts';
import type { Target } from '../target.ts';
import { ApplyingHere, planFor } from './apply.ts';
import { shownCertificate } from './certificate.ts';
import { exists } from '../../machine/files/files.ts';
import { openHost, type SiteHere } from './open-host.ts';
import type { Operation } from './operation.ts';
import type { Resource, ResourceKind } from './resource.ts';
import { requireServed } from './verify.ts';

/** A site on this machine: Debian packages, system users, the edge, and services that the daemon runs. */
export async function machineTarget(site: SiteHere, operation: Operation): Promise<Target<ResourceKind>> {
  const { record } = site;
  const { layout, daemon, emit, log } = operation;
  const host = await openHost(site, operation);
  const { name } = record.current;

  return {
    async plan() {
      return planFor(host, await host.wanted(await host.releases.current()), hadBefore(record.current.group?.services));
    },

    async interrupted() {
      const { journals } = host;
      return (await exists(journals.edge)) || (await exists(journals.packages));
    },

    apply(plan, confirmed) {
      const isNew = plan.changes.some(({ kind, action }) => kind === 'certificate' && action === 'create');
      return new ApplyingHere(plan, host, {
        confirmed,
        had: hadBefore(record.current.group?.services),
        verify: () => requireServed(record.current, layout, { isNew, log, edge: host.edge.name }),
      });
    },

    async switchTo(release, step) {
      const work = async (): Promise<void> => host.groups.reconcile((await host.wanted(release)).groups.site);
      await (step ? runStep(step, host, work) : work());
    },

    async start() {
      const status = (await daemon.status()).sites.find((each) => each.name === name);
      for (const service of status?.services ?? []) {
        const text = crashLoopText(service);
        if (text !== undefined) emit({ type: 'note', level: 'warning', site: name, text });
      }
      if (status?.state !== 'live') await daemon.start(name);
    },

    async run(command) {
      const { release } = record.current;
      if (!release) throw new Error(`${name} has no live release to run ${command[0]} in`);
      const live = siteEnvironment(record.current, release);
      const user = userOf(live);
      const { confiner } = operation;
      return run(command, {
        directory: live.root,
        environment: live.environment,
        log,
        ...(user && { user }),
        ...(confiner && { confined: { confiner, site: name, name: 'run', view: live.view } }),
      });
    },

    certificate: () => shownCertificate(layout, record.current),
  };
}

/** What the site had when it was last brought up: its services are what may have to go. */
function hadBefore(services: readonly Extract<Resource, { kind: 'service' }>['wanted'][] = []): readonly Resource[] {
  return services.map((spec) => ({
    kind: 'service',
    id: `service:${spec.group}/${spec.name}`,
    because: 'it was there before',
    wanted: spec,
  }));
}
