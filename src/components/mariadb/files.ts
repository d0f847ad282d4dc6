import { bufferPool, databaseConnections, type Machine } from '../capacity.ts';

/** The server's option file, whole: what is not named here keeps MariaDB's default. */
export function serverOptions(input: {
  readonly site: string;
  readonly databases: string;
  readonly tmp: string;
  readonly socket: string;
  readonly machine: Machine;
}): string {
  return `# Written by Roadie for the site ${input.site}. Changes made here are undone by the next \`roadie up\`.
[mariadbd]
datadir = ${input.databases}
tmpdir = ${input.tmp}
pid_file = ${input.databases}/mariadbd.pid

# Nothing listens on a network; the server opens its socket to all, and the folder lets only the site's group reach it.
skip_networking = ON
skip_name_resolve = ON
socket = ${input.socket}
${promises(input.machine)}
# No statement reads or writes the server's files.
local_infile = OFF
secure_file_priv = ${input.tmp}
${silence}`;
}

/** The options of a server in a container: its image says where all lies, and only the site's containers are on its network. */
export function containerOptions(machine: Machine): string {
  return `# Made by \`roadie export compose\`. It is written anew by the next export.
[mariadbd]
skip_name_resolve = ON
${promises(machine)}
# No statement reads or writes the server's files.
local_infile = OFF
${silence}`;
}

/** What holds wherever the server runs. */
function promises(machine: Machine): string {
  return `max_connections = ${databaseConnections(machine)}

# What is committed is on the disk; a page that a power cut tore is whole again after it.
default_storage_engine = InnoDB
innodb_flush_log_at_trx_commit = 1
innodb_doublewrite = ON
innodb_buffer_pool_size = ${bufferPool(machine)}M

# All of Unicode, and an error where a value does not fit: never a value that was cut to fit.
character_set_server = utf8mb4
collation_server = utf8mb4_unicode_ci
sql_mode = STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION
default_time_zone = +00:00

# Clients that vanish in the middle of a transaction hold its locks no longer than this. Seconds.
idle_transaction_timeout = 600
`;
}

const silence = `
# Standard error is the service's log file. Statements stay out of it: their literals can be secrets.
general_log = OFF
slow_query_log = OFF
`;
