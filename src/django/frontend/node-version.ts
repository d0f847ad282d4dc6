import type { Evidence, Fact } from '../facts.ts';
import { below, lineOf } from '../read/paths.ts';
import type { ProjectScan } from '../read/scan.ts';
import { type NodePackage, upwards } from './packages.ts';

/** What a front end is built with where its project says nothing. */
export const usualNode = '24';

/** Names of Node's long-term releases, as `lts/NAME` in .nvmrc. Source: nodejs.org/en/about/previous-releases. */
const codenames: Readonly<Record<string, string>> = {
  erbium: '12',
  fermium: '14',
  gallium: '16',
  hydrogen: '18',
  iron: '20',
  jod: '22',
  krypton: '24',
};

const versionFiles: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  { name: '.nvmrc', pattern: /^\s*(\S+)/ },
  { name: '.node-version', pattern: /^\s*(\S+)/ },
  { name: '.tool-versions', pattern: /^(?:nodejs|node)\s+(\S+)/m },
];

/**
 * The Node that a package is to be built with, as a range of versions: what a file beside it or above it names, what Volta is told,
 * the image that a Dockerfile builds it in, what `engines` demands. Webpack 4 needs a cryptography that Node has had up to 16.
 */
export function findNode(
  scan: Pick<ProjectScan, 'texts'>,
  pack: NodePackage,
  image: Fact<string> | undefined,
  packages: readonly NodePackage[],
): Fact<string> {
  const above = upwards(pack.folder);
  for (const folder of above) {
    for (const { name, pattern } of versionFiles) {
      const file = below(folder, name);
      const text = scan.texts[file] ?? '';
      const range = rangeOf(pattern.exec(text)?.[1]);
      if (range !== undefined) return fact(range, file, lineOf(text, pattern));
    }
  }
  const manifests = above.flatMap((folder) => packages.filter((each) => each.folder === folder));
  for (const { volta, file } of manifests) {
    const pinned = rangeOf(volta);
    if (pinned !== undefined) return fact(pinned, file, lineOf(scan.texts[file] ?? '', /"volta"\s*:/));
  }
  if (image) return image;
  for (const { engine, file } of manifests)
    if (engine !== undefined) return fact(engine, file, lineOf(scan.texts[file] ?? '', /"engines"\s*:/));
  const webpack = /(\d+)\./.exec(pack.dependencies['webpack'] ?? '')?.[1];
  if (webpack === '4' || pack.dependencies['@vue/cli-service']?.includes('4.') === true || oldScripts(pack))
    return { value: '16', because: { says: 'its webpack 4 runs on no later one', where: { file: pack.file } } };
  return { value: usualNode, because: { says: 'nothing names another' } };
}

/** A version as a file names it, as a range; undefined where it says nothing that lasts (`system`, `latest`, `lts/*`). */
export function rangeOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const named = codenames[/^lts\/(\w+)$/i.exec(text)?.[1]?.toLowerCase() ?? ''];
  if (named !== undefined) return named;
  return /^v?(\d+(?:\.(?:\d+|x|\*))*)$/i.exec(text)?.[1];
}

/** create-react-app has had webpack 5 since its fifth version. */
function oldScripts({ dependencies }: NodePackage): boolean {
  const version = /(\d+)\./.exec(dependencies['react-scripts'] ?? '')?.[1];
  return version !== undefined && Number(version) < 5;
}

function fact(value: string, file: string, line: number): Fact<string> {
  const because: Evidence = { says: `${file}:${line}`, where: { file, line } };
  return { value, because };
}
