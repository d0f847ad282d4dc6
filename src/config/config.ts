/** The databases by the names that the config may use, and the engine that Django sees behind each. */
export const databaseEngines = {
  postgresql: 'postgresql',
  mariadb: 'mysql',
  mysql: 'mysql',
  sqlite: 'sqlite',
} as const;

export type DatabaseName = keyof typeof databaseEngines;

/**
 * Roadie's own file, as it is after reading: `roadie.toml`, or `[tool.roadie]` in `pyproject.toml`. Every key is optional.
 * The schema that checks the file is `schema.ts`; this is its output type, importable without the checker.
 */
export type Config = {
  readonly name?: string;
  readonly domains?: readonly string[];
  readonly settings?: string;
  readonly root?: string;
  readonly python?: string;
  /** `2024-05-31` */
  readonly requirements_as_of?: string;
  readonly http_port?: number;
  readonly https_port?: number;
  readonly health?: { readonly path?: string; readonly timeout_seconds?: number; readonly tries?: number };
  readonly bake?: { readonly seconds?: number; readonly error_percent?: number; readonly crashes?: number };
  readonly web?: {
    readonly server?: 'gunicorn' | 'uvicorn' | 'uwsgi' | 'granian' | 'hypercorn' | 'daphne';
    readonly worker_class?: 'sync' | 'gthread' | 'gevent' | 'uvicorn';
    readonly workers?: number;
    readonly threads?: number;
    readonly timeout_seconds?: number;
    readonly memory_limit_mb?: number;
    readonly cpu_limit?: number;
  };
  readonly edge?: { readonly server?: 'nginx' | 'apache' };
  readonly workers?: Readonly<
    Record<
      string,
      {
        readonly command: string;
        readonly processes?: number;
        readonly stop_seconds?: number;
        readonly memory_limit_mb?: number;
        readonly cpu_limit?: number;
      }
    >
  >;
  readonly sites_domain?: boolean;
  readonly files?: { readonly writable?: readonly string[]; readonly committed_data?: boolean };
  readonly release?: { readonly commands?: readonly string[] };
  /** `build`: a command, or false where nothing is to be built. `node`: a range of versions. */
  readonly frontend?: { readonly folder?: string; readonly build?: string | false; readonly node?: string };
  readonly network?: { readonly listen?: readonly number[] };
  readonly upload_limit_mb?: number;
  readonly limits?: {
    readonly memory_mb?: number;
    readonly build_memory_mb?: number;
    readonly processes?: number;
    readonly open_files?: number;
  };
  readonly sandbox?: {
    readonly enabled?: boolean;
    readonly writable?: readonly string[];
    readonly readable?: readonly string[];
  };
  readonly database?: DatabaseName;
  readonly database_wait_seconds?: number;
  readonly cache?: { readonly store?: 'redis' | 'memcached'; readonly memory_mb?: number };
  readonly environment?: Readonly<Record<string, string>>;
  readonly source?: {
    readonly repository?: string;
    readonly branch?: string;
    /** `60s`, `5m`, or `off`. */
    readonly poll?: string;
    readonly only_signed?: string;
    readonly only_status?: string;
  };
};
