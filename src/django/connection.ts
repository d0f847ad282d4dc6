/** Where Django finds a data service, by what it is for and not by what provides it; never with a password that peer authentication makes needless. */
export type Connection =
  | {
      readonly kind: 'database';
      readonly engine: 'postgresql' | 'mysql' | 'sqlite';
      readonly name: string;
      readonly user: string;
      /** The server takes each system user for the role of the same name: `user` is the site's, and builds have another. */
      readonly ownUser?: true;
      /** A unix socket or the folder of one, as the engine wants it; '' for SQLite, whose `name` is a path. */
      readonly host: string;
      readonly port: string;
      /** With the socket's folder percent-encoded as host, as dj-database-url and django-environ read it. */
      readonly url: string;
      /** Name of the secret to give where settings insist on a password; the server does not ask for it. */
      readonly passwordSecret?: string;
      /** Where the server does ask for one: over a network, where no kernel says who connects. May be a reference. */
      readonly password?: string;
    }
  | Endpoint<'cache', 'redis' | 'memcached'>
  | Endpoint<'broker', 'redis'>;

/** Something that is reached by a unix socket, or over a network that is the site's alone, and in which words: a cache may forget, a broker never does. */
type Endpoint<Kind, Protocol> = {
  readonly kind: Kind;
  readonly protocol: Protocol;
  /** '' where it is reached over a network. */
  readonly socket: string;
  readonly server?: { readonly host: string; readonly port: number };
  /** As Django's own backend for the protocol reads it: `unix:///…/redis.sock?db=1`, `unix:/…/memcached.sock`. */
  readonly url: string;
  /** Which of the server's numbered databases; 0 where it has none. */
  readonly database: number;
};
