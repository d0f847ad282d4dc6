/** Databases that MariaDB keeps for itself, and the one that older versions open to everybody. */
const reserved: ReadonlySet<string> = new Set(['mysql', 'information_schema', 'performance_schema', 'sys', 'test']);

/** The name of a site's database: the site's, with '_' for '-', since several tools do not quote names. */
export function databaseName(site: string): string {
  const name = site.replaceAll('-', '_');
  return reserved.has(name) ? `site_${name}` : name;
}
