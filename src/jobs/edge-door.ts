import { join } from 'node:path';

import { edgePaths, sitePaths } from '../components/nginx/edge-place.ts';
import { exists } from '../machine/files/files.ts';
import { changeEdgeFiles, type EdgeDoor, prepareCommand } from '../targets/machine/index.ts';
import { packagesJournal } from '../machine/layout.ts';
import type { JobContext } from './context.ts';

/** What changing NGINX's files needs. */
export function edgeDoor(site: string, { layout, records, daemon, emit, log }: JobContext): EdgeDoor {
  return {
    site,
    emit,
    log,
    journals: { packages: packagesJournal(layout.state), edge: join(layout.state, 'edge-journal.json') },
    prepareEdge: prepareCommand({ folders: { edge: layout.edge, edgeRun: join(layout.run, 'edge') } }),
    edgePid: edgePaths({ folder: layout.edge, run: join(layout.run, 'edge') }).pid,
    recorded: () => records.readEdge(),
    async reloadEdge() {
      if (await records.readEdge()) await daemon.reload('edge', 'nginx');
    },
  };
}

/** NGINX forgets a site; where it was the last one NGINX itself goes, and no port stays open. */
export async function dropSiteFromEdge(site: string, context: JobContext): Promise<void> {
  const { layout, records, daemon } = context;
  const others = (await records.names()).filter((name) => name !== site);
  if (others.length === 0) {
    await daemon.forget('edge');
    await records.removeEdge();
  }
  // The first `up` on this machine may have been refused before NGINX had a single file.
  const { prepare } = edgePaths({ folder: layout.edge, run: join(layout.run, 'edge') });
  if (!(await exists(prepare))) return;
  await changeEdgeFiles([{ path: sitePaths(layout.edge, site).configuration, mode: 0o600 }], edgeDoor(site, context));
}
