import { writeAtomically } from '../machine/files/files.ts';
import { download, findVersion } from '../machine/packages/registry-package.ts';

/**
 * `fetch-package.ts REGISTRY NAME FILE RANGE…`: writes the archive of the best version into FILE and prints that version. A process of
 * its own, since which authorities and proxies Node believes is decided when it starts.
 */
const [registry, name, file, ...ranges] = process.argv.slice(2);
if (registry === undefined || name === undefined || file === undefined) throw new Error('fetch-package.ts needs words');
try {
  const found = await findVersion(registry, name, ranges);
  if (!found) throw new Error(`${registry} has no ${name} ${ranges.join(' or ')}`);
  await writeAtomically(file, await download(found), { mode: 0o600 });
  process.stdout.write(found.version);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
