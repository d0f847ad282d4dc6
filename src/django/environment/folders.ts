import { posix } from 'node:path';

import type { EnvironmentName } from '../facts.ts';

/** Names of folders in which a project keeps what it makes. `BASE_DIR`, `TEMPLATE_DIR` and their like hold code. */
const kept =
  /(^|_)(DATA|UPLOADS?|FILES?|STORAGE|EXPORTS?|IMPORTS?|DOCUMENTS?|ATTACHMENTS?|ARCHIVES?|BACKUPS?|LOGS?|LOGGING|CACHE|TE?MP|WORK|WORKING|VAR|STATE|INDEX|WHOOSH|SPOOL|CONSUME|CONSUMPTION|OUTPUT|REPORTS?|SESSIONS?|THUMBNAILS?|IMAGES?|DB|SQLITE|SENDFILE|PRIVATE|PROTECTED|PERSISTENT|CONTENT|RUN|RUNTIME)_?(DIR|DIRECTORY|ROOT|FOLDER)$/;
/** Folders of the system, whose content nobody writes. */
const system = /^\/(usr|etc|bin|sbin|lib|proc|sys|dev|boot)(\/|$)/;

/**
 * Whether a variable names a folder that the project writes to, and is to have one of the site's data: where the settings cannot do
 * without it, or where their default lies outside of the code. A default in the code stays: what the repository ships there counts.
 */
export function isOwnFolder({
  name,
  required,
  fallback,
}: Pick<EnvironmentName, 'name' | 'required' | 'fallback'>): boolean {
  const wanted = kept.test(name.toUpperCase());
  return wanted && (required || ((fallback ?? '').startsWith('/') && !system.test(fallback ?? '')));
}

/** Its folder in the site's data. */
export function folderFor({ name }: Pick<EnvironmentName, 'name'>, filesFolder: string): string {
  return posix.join(filesFolder, name.toLowerCase());
}
