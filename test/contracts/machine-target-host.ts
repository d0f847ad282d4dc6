import { appendFile, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ReleaseRecord } from '../../src/sites/record.ts';
import type { NewEvent } from '../../src/contract/events.ts';
import { ApplyingHere } from '../../src/targets/machine/apply.ts';
import type { Finding, Host } from '../../src/targets/machine/host.ts';
import type { Plan, Resource } from '../../src/targets/machine/resource.ts';
import type { Wanted } from '../../src/targets/machine/resources.ts';
import type { GroupSpec } from '../../src/services/service.ts';

/** A machine whose daemon, certificates and builds are files in a folder of its own: they outlive a process as the real ones do. */
export type TestHost = Host & {
  readonly folder: string;
  readonly events: NewEvent[];
  next: Wanted;
  said(): Promise<readonly string[]>;
};

/** What stands in for NGINX: it refuses files with the word `broken`, by name where `sites` are meant, all where it is the main file. */
const prepare = `#!/bin/sh
cd "$1" || exit 1
if grep -q broken main.conf 2>/dev/null; then echo 'nginx: [emerg] unknown directive "broken" in main.conf:1' >&2; exit 1; fi
status=0
for file in "$1"/sites/*.conf; do
  if [ -e "$file" ] && grep -q broken "$file"; then echo "NGINX refuses $file, so it is left out:" >&2; echo 'nginx: [emerg] unknown directive "broken"' >&2; status=3; fi
done
exit $status
`;

export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'roadie-target-'));
  for (const name of ['edge/sites', 'state']) await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, 'prepare'), prepare);
  return folder;
}

export function testHost(folder: string, overrides: Partial<Host> = {}): TestHost {
  const events: NewEvent[] = [];
  const state = (name: string): string => join(folder, 'state', name);
  const read = async <T>(name: string): Promise<T | undefined> => {
    const text = await readFile(state(name), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  };
  const say = (line: string): Promise<void> => appendFile(state('said'), `${line}\n`);
  const host: TestHost = {
    folder,
    events,
    next: emptyWanted,
    said: async () => (await readFile(state('said'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
    site: 'boards',
    job: 'job-1',
    log: state('log'),
    journals: { packages: state('packages.journal'), edge: state('edge.journal') },
    edge: { name: 'nginx', title: 'NGINX', workerTitle: 'nginx: worker process' },
    edgePid: state('nginx.pid'),
    prepareEdge: ['/bin/sh', join(folder, 'prepare'), join(folder, 'edge')],
    emit: (event) => void events.push(event),
    groups: {
      recorded: (group) => read<GroupSpec>(`group-${group}`),
      reconcile: async (group) => {
        await writeFile(state(`group-${group.group}`), JSON.stringify(group));
        await say(`reconcile ${group.group}: ${group.services.map((service) => service.name).join(' ')}`);
      },
    },
    reloadEdge: () => say('reload'),
    releases: {
      current: () => read<ReleaseRecord>('release'),
      build: async ({ wanted }) => {
        const release = { fingerprint: wanted.fingerprint, folder, python: process.execPath } as ReleaseRecord;
        await writeFile(state('release'), JSON.stringify(release));
        await say(`build ${wanted.fingerprint}`);
        return release;
      },
    },
    certificates: {
      observe: async ({ wanted }): Promise<Finding> => {
        const domains = await read<string[]>(`certificate-${wanted.site}`);
        if (!domains) return { state: 'absent' };
        return domains.join() === wanted.domains.join()
          ? { state: 'same' }
          : { state: 'different', how: `it is for ${domains.join(', ')}` };
      },
      issue: async ({ wanted }) => {
        await writeFile(state(`certificate-${wanted.site}`), JSON.stringify(wanted.domains));
        await say(`issue ${wanted.site}`);
      },
      remove: () => say('remove the certificate'),
    },
    wanted: async () => host.next,
    ...overrides,
  };
  return host;
}

/** Applies a plan from its beginning to its end, as a deploy does. */
export async function applyPlan(
  plan: Plan,
  host: Host,
  options: { readonly confirmed: string; readonly had?: readonly Resource[] },
): Promise<{ readonly changed: readonly string[] }> {
  const applying = new ApplyingHere(plan, host, { ...options, verify: () => Promise.resolve() });
  await applying.prepare();
  await applying.build();
  await applying.switchOver();
  await applying.finish();
  return applying;
}

export const emptyWanted: Wanted = {
  resources: [],
  later: [],
  groups: { site: { group: 'boards', folders: [], services: [] }, edge: { group: 'edge', folders: [], services: [] } },
};
