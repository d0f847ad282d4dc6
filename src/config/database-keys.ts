import * as z from 'zod';

/** The keys of roadie.toml about how the site's programs use the database. */
export const databaseKeys = {
  database_wait_seconds: z.number().min(0).max(60).meta({
    description:
      'How long requests, workers and commands wait while the database restarts: a connection that it refuses is tried again for so long, counted from the first refusal. 0 switches it off. With more than 10 a health route that asks the database can be silent for so long that the web server counts as hung. Default: 10.',
    wants: 'a number of seconds from 0 to 60',
    example: 'database_wait_seconds = 10',
  }),
};
