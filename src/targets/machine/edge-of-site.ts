import { join } from 'node:path';

import { edgePaths, sitePaths } from '../../components/nginx/edge-place.ts';
import { exists } from '../../machine/files/files.ts';
import { packagesJournal } from '../../machine/layout.ts';
import { changeEdgeFiles, type EdgeHost } from './edge-files.ts';
import type { Operation } from './operation.ts';

type EdgeOperation = Pick<Operation, 'layout' | 'records' | 'daemon' | 'emit' | 'log'>;

/** The edge of this machine, as an operation on a site changes its files. */
export function edgeOfSite(site: string, { layout, records, daemon, emit, log }: EdgeOperation): EdgeHost {
  const { pid, prepare } = pathsOf(layout);
  return {
    site,
    emit,
    log,
    journals: { packages: packagesJournal(layout.state), edge: join(layout.state, 'edge-journal.json') },
    prepareEdge: ['/bin/sh', prepare],
    edgePid: pid,
    groups: { recorded: () => records.readEdge() },
    async reloadEdge() {
      if (await records.readEdge()) await daemon.reload('edge', 'nginx');
    },
  };
}

/** The edge forgets a site; where it was the last one the edge itself goes, and no port stays open. */
export async function dropSiteFromEdge(site: string, operation: EdgeOperation): Promise<void> {
  const { layout, records, daemon } = operation;
  const others = (await records.names()).filter((name) => name !== site);
  if (others.length === 0) {
    await daemon.forget('edge');
    await records.removeEdge();
  }
  // The first `up` on this machine may have been refused before NGINX had a single file.
  if (!(await exists(pathsOf(layout).prepare))) return;
  await changeEdgeFiles(
    [{ path: sitePaths(layout.edge, site).configuration, mode: 0o600 }],
    edgeOfSite(site, operation),
  );
}

function pathsOf({ edge, run }: EdgeOperation['layout']): ReturnType<typeof edgePaths> {
  return edgePaths({ folder: edge, run: join(run, 'edge') });
}
