import * as z from 'zod';

/** A path below the code, as it is written: `exports`, `var/queue.sqlite3`. */
const path = z
  .string()
  .regex(/^(?!\.{1,2}(?:\/|$))[^/\0]+(?:\/(?!\.{1,2}(?:\/|$))[^/\0]+)*\/?$/)
  .meta({ wants: 'a path below the code', example: 'writable = ["exports"]' });

/** The keys of roadie.toml about what a project has beside its code: files, and what it begins with in the database. */
export const filesKeys = {
  sites_domain: z.boolean().meta({
    description:
      "Whether the row of django.contrib.sites gets the site's main domain where it is still example.com or localhost. Default: true.",
    wants: 'true or false',
    example: 'sites_domain = false',
  }),
  files: z
    .strictObject({
      writable: z.array(path).max(100).meta({
        description:
          "Paths in the code that the site writes: folders, or single files. What the repository does not have is a file where its name has an extension, else a folder; a `/` at the end says folder. Code is read-only to the site; these are kept in the site's data, each release has a link to them, and what the repository has there is their first content. What settings and applications write while they load is found without this. Default: none.",
        wants: 'a list of paths below the code',
        example: 'writable = ["exports"]',
      }),
      committed_data: z.boolean().meta({
        description:
          "Whether data that the repository holds becomes the site's first: a SQLite database that the settings name, where the site's has nothing in it yet, and files in MEDIA_ROOT, where there is none of the name. Default: true.",
        wants: 'true or false',
        example: 'committed_data = false',
      }),
    })
    .partial()
    .meta({
      description: 'Files that the project has beside its code.',
      wants: 'a table',
      example: '[files]\nwritable = ["exports"]',
    }),
};
