import { databaseConnections, databaseMemory, type Machine } from '../capacity.ts';
import { superuser } from './names.ts';

/** `postgresql.conf`, whole: what is not named here keeps PostgreSQL's default. */
export function serverSettings(input: {
  readonly site: string;
  readonly access: string;
  readonly names: string;
  readonly socketFolder: string;
  readonly machine: Machine;
}): string {
  const memory = databaseMemory(input.machine);
  return `# Written by Roadie for the site ${input.site}. Changes made here are undone by the next \`roadie up\`.
cluster_name = ${quote(input.site)}
hba_file = ${quote(input.access)}
ident_file = ${quote(input.names)}

# Nothing listens on a network, and only the site's group can reach the socket.
listen_addresses = ''
unix_socket_directories = ${quote(input.socketFolder)}
unix_socket_permissions = 0770
max_connections = ${databaseConnections(input.machine)}

# For a machine that is shared with the site itself.
shared_buffers = ${memory.sharedBuffers}MB
effective_cache_size = ${memory.effectiveCacheSize}MB
work_mem = ${memory.workMem}MB
maintenance_work_mem = ${memory.maintenanceWorkMem}MB
max_wal_size = ${memory.maxWalSize}MB
random_page_cost = 1.1
# Compiling pays for reports over millions of rows, not for a site's short queries.
jit = off

# Clients that vanish in the middle of a transaction hold its locks no longer than this.
idle_in_transaction_session_timeout = 10min

# Standard error is the service's log file. Statements stay out of it: their literals can be secrets.
logging_collector = off
log_line_prefix = '%m [%p] %q%u@%d '
log_min_error_statement = panic
log_statement = none
log_checkpoints = off
log_lock_waits = on
log_autovacuum_min_duration = -1

timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C.UTF-8'
`;
}

/** `pg_hba.conf`: two roles, each for users whom the kernel knows by their ids; everybody else is refused. */
export function accessRules(database: string): string {
  return `# Written by Roadie. TYPE DATABASE USER METHOD
local "${database}" "${database}" peer map=roadie
local all "${superuser}" peer map=roadie
`;
}

/** `pg_ident.conf`: which user of the system is which role. */
export function nameMap(input: {
  readonly users: readonly string[];
  readonly administrator: string;
  readonly role: string;
}): string {
  return `# Written by Roadie. MAP SYSTEM-USER ROLE
${input.users.map((user) => `roadie "${user}" "${input.role}"\n`).join('')}roadie "${input.administrator}" "${superuser}"
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
