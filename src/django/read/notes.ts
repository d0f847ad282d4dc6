import type { EnvironmentName, Evidence, Facts } from '../facts.ts';
import { baseName, depthOf, isCompose } from './paths.ts';
import { isBeside } from './redis.ts';
import type { ProjectScan, SettingsScan } from './scan.ts';
import { readYaml } from './yaml.ts';

/** What the owner should know, although nothing is done about it. */
export function findNotes(
  scan: ProjectScan,
  settings: SettingsScan | undefined,
  facts: {
    readonly database: Facts['database'];
    readonly redis: Facts['redis'];
    readonly environment: readonly EnvironmentName[];
  },
): readonly Evidence[] {
  const notes: Evidence[] = [];
  for (const file of scan.sqlite)
    notes.push({
      says: `${file} is a database in the project: where the settings name it and the site has no data yet, it becomes the site's first (\`committed_data = false\` below [files] leaves it)`,
      where: { file },
    });
  for (const file of scan.files) {
    if (/^\.env(\.(prod|production))?$/.test(baseName(file)) && depthOf(file) <= 1)
      notes.push({
        says: `${file} lies among the code: if it is committed, its secrets are known to all who have the code`,
        where: { file },
      });
  }
  for (const [file, text] of Object.entries(scan.texts)) {
    const read = isCompose(file) ? readYaml(text) : undefined;
    if (read?.kind === 'unreadable')
      notes.push({
        says: `${file} is left out: it cannot be read as YAML (${read.because})`,
        where: { file, line: read.line },
      });
  }
  const host = facts.environment.find((name) => name.purpose === 'redis-host');
  if (facts.redis.value && host)
    notes.push({
      says: `the settings put a Redis address together from ${host.name}; the site's Redis has a socket and no port, so Roadie overrides the settings made from it`,
      where: host.where,
    });
  for (const { file, line, brokerHost } of scan.celery)
    if (facts.redis.value && brokerHost !== null && isBeside(brokerHost))
      notes.push({
        says: `${file} names a broker on ${brokerHost} in its code; it gets the site's own Redis`,
        where: { file, line },
      });
  const root = settings?.assigned['DEBUG'];
  if (root && root.value === true && !root.conditional)
    notes.push({
      says: 'DEBUG is True in the settings; Roadie turns it off',
      where: { file: root.file, line: root.line },
    });
  if (settings && settings.classes.length > 0)
    notes.push({
      says: 'the settings are a class: what it computes from its own values cannot be changed from outside',
      where: { file: settings.file },
    });
  const uploads = scan.files.find((file) => /^(media|uploads)\//.test(file));
  if (uploads !== undefined)
    notes.push({
      says: `${uploads.split('/')[0] ?? ''}/ in the project holds files: uploads are kept outside of the code, and where this is MEDIA_ROOT these become the first of them`,
      where: { file: uploads },
    });
  if (scan.truncated) notes.push({ says: 'the project has more than 20,000 files: not all were looked at' });
  return notes;
}
