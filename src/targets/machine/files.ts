import { describeFile, readText, removeFile, writeAtomically } from '../../machine/files/files.ts';
import { lineDifferences } from '../../plan/differences.ts';
import { ProblemError } from '../../problems/problem.ts';
import type { Finding, Kind, ResourceOf } from './host.ts';
import { changeEdgeFiles, unfinishedEdgeFiles } from './edge-files.ts';
import { attributeDifferences, inTheWay } from './folders.ts';

/** Files, whole: a hand edit is drift and is fixed. The edge's are checked by the edge before they count. */
export const fileKind: Kind<'file'> = {
  async observe(resources, host) {
    const unfinished = resources.some((resource) => resource.wanted.edge) ? await unfinishedEdgeFiles(host) : new Set();
    return Promise.all(
      resources.map(async ({ id, wanted }) => {
        const finding = await compare(wanted);
        if (finding.state === 'same' && unfinished.has(wanted.path))
          return { id, state: 'different', how: 'an earlier change of it was interrupted' };
        return { id, ...finding };
      }),
    );
  },

  async apply(resources, host, { groups }) {
    for (const { wanted } of resources) {
      const found = await describeFile(wanted.path);
      if (found?.kind === 'folder') throw new ProblemError(inTheWay(wanted.path, found.kind, 'a file'));
    }
    for (const { wanted } of resources) if (!wanted.edge) await writeAtomically(wanted.path, wanted.content, wanted);
    const edge = resources.flatMap(({ wanted }) => (wanted.edge ? [wanted] : []));
    if (edge.length > 0) await changeEdgeFiles(edge, host, groups.edge);
  },
};

/** Takes away a file that nothing needs any more. */
export async function removeWantedFile(wanted: Pick<ResourceOf<'file'>['wanted'], 'path'>): Promise<void> {
  await removeFile(wanted.path);
}

async function compare(wanted: ResourceOf<'file'>['wanted']): Promise<Finding> {
  const found = await describeFile(wanted.path);
  if (!found) return { state: 'absent' };
  if (wanted.once && found.kind === 'file') return { state: 'same' };
  if (found.kind !== 'file') return { state: 'different', how: `a ${found.kind} is in its place` };
  const content = await readText(wanted.path);
  const differences = attributeDifferences(found, wanted);
  if (content === wanted.content)
    return differences.length === 0 ? { state: 'same' } : { state: 'different', how: differences.join(', ') };
  const how = wanted.secret ? 'its content differs' : lineDifferences(content ?? '', wanted.content);
  return { state: 'different', how: [how, ...differences].join(', ') };
}
