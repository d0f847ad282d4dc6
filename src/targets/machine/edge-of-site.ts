import { join } from 'node:path';

import type { EdgeSoftware } from '../../components/edge/edge.ts';
import { removeFile } from '../../machine/files/files.ts';
import { packagesJournal } from '../../machine/layout.ts';
import { changeEdgeFiles, type EdgeHost } from './edge-files.ts';
import { allEdges, edgeOfGroup, edgePathsOf } from './edge-parts.ts';
import type { Operation } from './operation.ts';

type EdgeOperation = Pick<Operation, 'layout' | 'records' | 'daemon' | 'emit' | 'log'>;

/** What is to serve this machine, as an operation on a site changes its files. */
export function edgeOfSite(site: string, software: EdgeSoftware, operation: EdgeOperation): EdgeHost {
  const { layout, records, emit, log } = operation;
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
    groups: { recorded: () => records.readEdge() },
    reloadEdge: () => reloadEdge(operation),
  };
}

/** Has the edge that serves this machine read its files again; nothing where none does. */
export async function reloadEdge({ records, daemon }: Pick<EdgeOperation, 'records' | 'daemon'>): Promise<void> {
  const running = edgeOfGroup(await records.readEdge());
  if (running) await daemon.reload('edge', running.name);
}

/** The edge forgets a site; where it was the last one the edge itself goes, and no port stays open. */
export async function dropSiteFromEdge(site: string, operation: EdgeOperation): Promise<void> {
  const { layout, records, daemon } = operation;
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
  await changeEdgeFiles([file], edgeOfSite(site, software, operation));
}
