/** Where Django finds a data service; never with a password that peer authentication makes needless. */
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
    }
  | { readonly kind: 'redis'; /** `unix:///…/redis.sock?db=0` */ readonly url: string; readonly socket: string };
