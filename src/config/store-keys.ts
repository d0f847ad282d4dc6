import * as z from 'zod';

/** The keys of roadie.toml about what a site keeps its data in. */
export const storeKeys = {
  database: z.enum(['postgresql', 'mariadb', 'mysql', 'sqlite']).meta({
    description:
      'The database. Default: what the project uses, else SQLite. `mysql` is another word for `mariadb`, which is what Debian has of the two.',
    wants: '"postgresql", "mariadb" or "sqlite"',
    example: 'database = "postgresql"',
  }),
  cache: z
    .strictObject({
      store: z.enum(['redis', 'memcached']).meta({
        description:
          'What the cache is kept in. Default: what the settings use; Redis where there is one for queues anyway.',
        wants: '"redis" or "memcached"',
        example: 'store = "memcached"',
      }),
      memory_mb: z.int().min(16).max(65_536).meta({
        description:
          "What Memcached may keep, in megabytes; where that is full, it forgets what was not asked for longest. Default: an eighth of the machine's memory, 2048 at most.",
        wants: 'a whole number from 16 to 65536',
        example: 'memory_mb = 128',
      }),
    })
    .partial()
    .meta({ description: 'The cache.', wants: 'a table', example: '[cache]\nstore = "memcached"' }),
};
