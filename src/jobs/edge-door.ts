import { join } from 'node:path';

import type { EdgeSoftware } from '../components/edge/edge.ts';
import { removeFile } from '../machine/files/files.ts';
import { packagesJournal } from '../machine/layout.ts';
import { allEdges, changeEdgeFiles, type EdgeDoor, edgeOfGroup, edgePathsOf } from '../targets/machine/index.ts';
import type { JobContext } from './context.ts';

/** What changing the files of the edge that is to serve this host needs. */
export function edgeDoor(
  site: string,
  software: EdgeSoftware,
  { layout, records, daemon, emit, log }: JobContext,
): EdgeDoor {
  const { prepare, pid } = edgePathsOf(software, layout);
  const { workerTitle } = software.edge;
  return {
    site,
    emit,
    log,
    edge: { name: software.name, title: software.title, ...(workerTitle !== undefined && { workerTitle }) },
    journals: { packages: packagesJournal(layout.state), edge: join(layout.state, 'edge-journal.json') },
    prepareEdge: ['/bin/sh', prepare],
    edgePid: pid,
    recorded: () => records.readEdge(),
    async reloadEdge() {
      const running = edgeOfGroup(await records.readEdge());
      if (running) await daemon.reload('edge', running.name);
    },
  };
}

/** The edge forgets a site; where it was the last one the edge itself goes, and no port stays open. */
export async function dropSiteFromEdge(site: string, context: JobContext): Promise<void> {
  const { layout, records, daemon } = context;
  const software = edgeOfGroup(await records.readEdge());
  const others = (await records.names()).filter((name) => name !== site);
  if (others.length === 0) {
    await daemon.forget('edge');
    await records.removeEdge();
  }
  // An edge that served this host once must not know the site either when it comes back.
  for (const other of allEdges)
    if (other.name !== software?.name) await removeFile(edgePathsOf(other, layout).site(site));
  // The first `up` on this machine may have been refused before there was an edge.
  if (!software) return;
  const file = { path: edgePathsOf(software, layout).site(site), mode: 0o600 };
  await changeEdgeFiles([file], edgeDoor(site, software, context));
}
