import type { Where } from '../problems/problem.ts';
import type { Manager } from './frontend/manager.ts';

/** Why Roadie believes something: a sentence fragment for people, and the place it was read. */
export type Evidence = { readonly says: string; readonly where?: Where };

/** Something found out about a project, with the evidence for it. */
export type Fact<T> = { readonly value: T; readonly because: Evidence };

export type DatabaseEngine = 'postgresql' | 'mysql' | 'sqlite';

/** Where the project's dependencies are declared; paths are relative to the project's folder. */
export type DependencySource =
  | { readonly kind: 'requirements'; readonly files: readonly string[] }
  | {
      readonly kind: 'uv-lock' | 'poetry-lock' | 'pipfile-lock' | 'pyproject' | 'setup';
      readonly file: string;
      readonly groups: readonly string[];
      /** Optional dependencies that the project's image installs. */
      readonly extras?: readonly string[];
    }
  | { readonly kind: 'none' };

/** One requirement as it is written, `name` normalized after PEP 503. */
export type Requirement = { readonly name: string; readonly specifier: string; readonly where: Where };

/** What a variable means to a project's settings, whatever it is called there. */
export type Purpose =
  | 'secret-key'
  | 'debug'
  | 'allowed-hosts'
  | 'csrf-origins'
  | 'settings-module'
  | 'database-url'
  | 'database-engine'
  | 'database-name'
  | 'database-user'
  | 'database-password'
  | 'database-host'
  | 'database-port'
  | 'redis-url'
  | 'redis-host'
  | 'redis-port'
  | 'redis-password'
  | 'cache-url'
  | 'broker-url'
  | 'result-backend'
  | 'static-root'
  | 'media-root'
  | 'folder'
  | 'base-url'
  | 'email'
  | 'other';

/**
 * What settings make of a text from the environment, so that not every text will do: `json` has `[…]` for a list, `toml` is
 * Dynaconf's, `web-url` and the other addresses are checked for their scheme and host.
 */
export type Cast =
  | 'integer'
  | 'number'
  | 'boolean'
  | 'list'
  | 'dictionary'
  | 'json'
  | 'toml'
  | 'path'
  | 'url'
  | 'web-url'
  | 'redis-url'
  | 'database-url';

/** A variable that the settings' source takes from the environment. */
export type EnvironmentName = {
  readonly name: string;
  readonly purpose: Purpose;
  /** True where the source shows no default: `os.environ['X']`, `env('X')`. */
  readonly required: boolean;
  /** The literal default in the source, where there is one. */
  readonly fallback?: string;
  /** Literals that the source compares the value with, where it does. */
  readonly choices?: readonly string[];
  /** What the settings make of it; absent where any text will do, or where that cannot be told. */
  readonly cast?: Cast;
  /** What parts the items of a list; absent: a comma. */
  readonly separator?: string;
  /** What reads it, where that says more than the name: `env.cache` takes other addresses than `os.environ`. */
  readonly reader?: string;
  readonly where: Where;
};

/** A program that must run beside the web server. */
export type WorkerFact = {
  /** Its name as a service: `worker`, `beat`, or the Procfile's own. */
  readonly name: string;
  /**
   * Name of the component that runs it; `command` is anything that is no queue: `arguments` is then the whole command, its first
   * word looked up in the virtualenv.
   */
  readonly kind: string;
  readonly arguments: readonly string[];
  /** Of a queue's other program, where the project names that and not the queue's command of manage.py: `huey_consumer`. */
  readonly program?: string;
  /** How many run side by side; absent: one. */
  readonly processes?: number;
  /** How long a stop waits for what it has begun; absent: what suits its kind. */
  readonly stopSeconds?: number;
  /** Of each of them; absent: no limit. */
  readonly memoryLimitMb?: number;
  /** Cores of each of them; absent: no limit. */
  readonly cpus?: number;
};

/** A command that a release runs, word for word. */
export type ReleaseCommand = {
  readonly words: readonly string[];
  /** The project passes over its failure. */
  readonly tolerated?: true;
};

/** A front end that is built with Node: a package.json, and what has to be run for the files that Django serves. */
export type FrontEnd = {
  /** The folder with package.json, relative to the project's; `.` for the top. */
  readonly folder: string;
  readonly manager: Manager;
  readonly install: readonly [string, ...string[]];
  /** Run in `folder`, one after the other; none where only the packages themselves are wanted. No shell sees them. */
  readonly commands: readonly (readonly [string, ...string[]])[];
  /** A range of versions of Node, as npm writes them: `20`, `>=18 <23`. */
  readonly node: Fact<string>;
  /** What the Dockerfile sets where it builds. No secrets: they stand in the repository. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Paths below `node_modules`, relative to the project's folder, that the settings name. */
  readonly kept?: readonly string[];
  /** Only a document speaks of it: where it cannot be built, that is said and no more. */
  readonly optional?: true;
};

/** All that reading a project tells, before any of its code has run. Paths are relative to the folder that was read unless they say otherwise. */
export type Facts = {
  /** The folder with manage.py, relative to `folder`; '.' where it is the same. */
  readonly root: Fact<string>;
  readonly settingsModule: Fact<string>;
  readonly application: Fact<{ readonly kind: 'wsgi' | 'asgi'; readonly module: string; readonly name: string }>;
  /** The application of the other kind, where the project has both: for a server that runs no other. */
  readonly otherApplication?: Facts['application'];
  /** The words with which the project itself starts its web server: `web` in a Procfile, else a Dockerfile's last CMD or ENTRYPOINT. */
  readonly webCommand?: Fact<readonly string[]>;
  /** `requires` is a PEP 440 specifier set (a law; '' where nothing says); `preferred` an exact version someone pinned (a preference). */
  readonly python: Fact<{
    readonly requires: string;
    readonly preferred?: string;
    /** Where `preferred` was read, where the fact's own evidence is that of `requires`. */
    readonly preferredBecause?: Evidence;
  }>;
  /** The Django requirement's specifier; absent where no Django is declared. */
  readonly django?: Fact<string>;
  readonly dependencies: Fact<DependencySource>;
  readonly requirements: readonly Requirement[];
  readonly installedApps: readonly string[];
  readonly database: Fact<DatabaseEngine>;
  /** The cache that the project uses or, by what it declares, clearly wants. */
  readonly cache: Fact<'redis' | 'memcached' | 'database' | 'none'>;
  /** Whether a Redis server is needed for anything (cache, queue, channels). */
  readonly redis: Fact<boolean>;
  /** Channels' messages would stay in one process. */
  readonly memoryChannelLayer?: Evidence;
  readonly workers: readonly Fact<WorkerFact>[];
  readonly environment: readonly EnvironmentName[];
  /** Debian packages that building the requirements needs, or that an Aptfile names. */
  readonly systemPackages: readonly Fact<string>[];
  /** A route that answers about health, where one is known (app.json, urls). */
  readonly healthPath?: Fact<string>;
  /** The project's own configuration of Gunicorn, of which its hooks and what is harmless count: a file, or `python:MODULE`. */
  readonly gunicornConfig?: Fact<string>;
  /** What is built with Node before static files are collected; absent where nothing calls for it. */
  readonly frontEnds?: readonly Fact<FrontEnd>[];
  /** What runs after migrate: what starts the project in its own deployment runs it as well. */
  readonly releaseCommands: readonly Fact<ReleaseCommand>[];
  /** What of that is the owner's to decide, with the reason; absent where nothing is. */
  readonly undecidedCommands?: readonly Fact<ReleaseCommand & { readonly why: string }>[];
  /** The project's documents say to make migrations, or have git ignore them: those of apps that have none are made for it. */
  readonly makesMigrations?: Evidence;
  /** What the owner should know and nothing more: SQLite data in the repository, a committed .env … */
  readonly notes: readonly Evidence[];
};

/** Facts, and the absolute path of the checkout or folder that they were read in. */
export type FoundFacts = Facts & { readonly folder: string };

/** What Django itself says in the project's virtualenv and the real environment: `python/probe.py`'s answer. */
export type Probe = {
  readonly djangoVersion: string;
  readonly pythonVersion: string;
  readonly settingsModule: string;
  readonly debug: boolean;
  readonly allowedHosts: readonly string[];
  readonly csrfTrustedOrigins: readonly string[];
  readonly secretKeyStrength: 'strong' | 'weak';
  readonly wsgiApplication: string | null;
  readonly asgiApplication: string | null;
  readonly rootUrlconf: string | null;
  readonly staticUrl: string | null;
  readonly staticRoot: string | null;
  /** Folders at the top of STATIC_ROOT that no finder would collect: the project ships built files only there. */
  readonly unclaimedStatic?: readonly string[];
  readonly staticStorage: string | null;
  readonly mediaUrl: string;
  readonly mediaRoot: string;
  /** FILE_UPLOAD_PERMISSIONS and FILE_UPLOAD_DIRECTORY_PERMISSIONS; absent in releases of before they were asked for. */
  readonly uploadPermissions?: number | null;
  readonly uploadFolderPermissions?: number | null;
  /** Backends of CHANNEL_LAYERS by alias; absent in releases of before they were asked for. */
  readonly channelLayers?: Readonly<Record<string, string>>;
  readonly defaultStorage: string | null;
  /** The connections without their passwords. */
  readonly databases: Readonly<
    Record<
      string,
      {
        readonly engine: string;
        readonly name: string;
        readonly user: string;
        readonly host: string;
        readonly port: string;
        readonly options: readonly string[];
      }
    >
  >;
  readonly caches: Readonly<
    Record<
      string,
      {
        readonly backend: string;
        readonly location: string;
        /** Names in OPTIONS. Absent in what was built before it was asked. */
        readonly options?: readonly string[];
      }
    >
  >;
  readonly installedApps: readonly string[];
  readonly middleware: readonly string[];
  readonly commands: readonly string[];
  readonly healthPaths: readonly string[];
  /** Path of the page that LOGIN_URL names; null where the project has none. Absent in what was built before it was asked. */
  readonly loginPath?: string | null;
  /** Where celery/django settings name a broker: no passwords. */
  readonly broker: string | null;
  /** CELERY_RESULT_BACKEND as the settings have it; absent in releases of before it was asked for. */
  readonly resultBackend?: string | null;
  /** Log handlers that write into the code, or where the site may not, each rewritten so that it writes to the process's own log. */
  readonly fileLogs?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Every setting, as a dotted path, that names a Redis: `CACHES.default.LOCATION`, `RQ_QUEUES.default` … No passwords. */
  readonly redisSettings?: Readonly<Record<string, string>>;
  /** Where task queues look for their broker without an address that `redisSettings` has, by dotted path. No passwords. */
  readonly queueSettings?: Readonly<Record<string, string>>;
  /** Settings that have tasks run at once, in the process that asks for them: `HUEY.immediate` … */
  readonly immediateQueues?: readonly string[];
  /** Settings that have pages load their scripts from a bundler's development server: `DJANGO_VITE.default.dev_mode`. */
  readonly developmentAssets?: readonly string[];
  readonly security: Readonly<Record<string, boolean | number | string | null>>;
  /** Names of pip distributions in the virtualenv, normalized after PEP 503, with versions. */
  readonly distributions: Readonly<Record<string, string>>;
};

/** One Django setting that Roadie overrides from outside, and why. */
export type Override = { readonly setting: string; readonly value: unknown; readonly because: string };
