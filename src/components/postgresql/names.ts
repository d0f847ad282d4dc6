/** Who owns the cluster. No site's role can have this name. */
export const superuser = 'postgres';

/** Names that PostgreSQL keeps for itself; those that begin with `pg_` are its own as well. */
const reserved: ReadonlySet<string> = new Set([superuser, 'public', 'none', 'template0', 'template1']);

/** The name of a site's role and database: the site's, with '_' for '-', since several tools do not quote names. */
export function databaseName(site: string): string {
  const name = site.replaceAll('-', '_');
  return reserved.has(name) || name.startsWith('pg_') ? `site_${name}` : name;
}
