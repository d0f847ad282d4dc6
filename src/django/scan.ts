/** A variable that a source file takes from the environment, as `python/scan.py` found it. */
export type EnvironmentRead = {
  readonly name: string;
  /** What reads it: `os.environ`, `os.getenv`, `env`, `env.db`, `env.cache`, `env.bool`, `config`, `dj_database_url`, or a helper's name. */
  readonly reader: string;
  /** No default, and read whatever happens: not in a branch, a `try` or a function. */
  readonly required: boolean;
  /** The default as text, where it is a literal. */
  readonly fallback: string | null;
  readonly file: string;
  readonly line: number;
};

/** A literal found in the source, with its place. `conditional`: inside a branch, so perhaps not what counts. */
export type Found<T> = { readonly value: T; readonly file: string; readonly line: number; readonly conditional: boolean };

/** A module that looks like Django settings, with what its `import *` chain adds. */
export type SettingsScan = {
  /** Relative to the folder. */
  readonly file: string;
  /** The folder, relative to the project's, from which the module is imported under its name; and that name. */
  readonly module: string;
  readonly base: string;
  /** Files of the chain in the order in which they take effect; the last one is `file` itself. */
  readonly chain: readonly string[];
  readonly installedApps: readonly Found<string>[];
  readonly middleware: readonly Found<string>[];
  readonly databaseEngines: readonly Found<string>[];
  /** Literal database URLs, e.g. the default of `env.db`. */
  readonly databaseUrls: readonly Found<string>[];
  readonly cacheBackends: readonly Found<string>[];
  /** Literal addresses that begin with `redis:`, `rediss:` or `unix:`. */
  readonly redisUrls: readonly Found<string>[];
  /** Names of top-level settings that are assigned, with their literal value as JSON where they have one, else null. The last one counts. */
  readonly assigned: Readonly<Record<string, Found<unknown>>>;
  /** The settings are a class (django-configurations). */
  readonly classBased: boolean;
  readonly environment: readonly EnvironmentRead[];
  /** The keys of RQ_QUEUES. */
  readonly queues: readonly string[] | null;
};

/** What `python/scan.py` prints about a folder: read, never executed. Paths are relative to `folder`, with `/`. */
export type ProjectScan = {
  readonly folder: string;
  /** All names of files, sorted, without .git, virtualenvs, caches and node_modules; at most 20,000. */
  readonly files: readonly string[];
  readonly truncated: boolean;
  /** Small files of known names, whole. */
  readonly texts: Readonly<Record<string, string>>;
  /** Each manage.py (or a program that does the same under another name). */
  readonly manage: readonly { readonly file: string; readonly settings: string | null; readonly line: number; readonly hard: boolean }[];
  /** Each module that makes an application. `settings` is its DJANGO_SETTINGS_MODULE; `names` what it calls the application. */
  readonly applications: readonly { readonly file: string; readonly kind: 'wsgi' | 'asgi'; readonly settings: string | null; readonly line: number; readonly hard: boolean; readonly names: readonly string[] }[];
  readonly settings: readonly SettingsScan[];
  readonly celery: readonly { readonly file: string; readonly line: number; readonly name: string; readonly beat: boolean; readonly environment: readonly EnvironmentRead[] }[];
  readonly syntaxErrors: readonly { readonly file: string; readonly line: number; readonly column: number; readonly message: string; readonly text: string }[];
  /** Files that begin as SQLite databases do. */
  readonly sqlite: readonly string[];
  /** Literal routes that look as if they answered about health. */
  readonly healthRoutes: readonly Found<string>[];
};
