import * as z from 'zod';

import { boundsKeys } from './bounds-keys.ts';
import { storeKeys } from './store-keys.ts';
import { splitCommand } from './command-line.ts';
import { databaseKeys } from './database-keys.ts';
import { edgeKeys } from './edge-keys.ts';
import { filesKeys } from './files-keys.ts';
import { frontendKeys } from './frontend-keys.ts';
import { networkKeys } from './network-keys.ts';
import type { Config } from './config.ts';
import { cores, count, inside, memory, passes, seconds } from './key-kinds.ts';
import { checkDomain, checkSiteName } from './names.ts';
import { webKeys } from './web-keys.ts';

/** What the reference page and problems say about a key: the wanted value in words, and an example in TOML. */
export type KeyHelp = { readonly wants: string; readonly example: string };

const port = (name: string, usual: number) =>
  z
    .int()
    .min(1)
    .max(65_535)
    .meta({
      description: `The ${name} port. Default: ${usual} as root, ${usual === 80 ? 8080 : 8443} otherwise.`,
      wants: 'a whole number from 1 to 65535',
      example: `${name.toLowerCase()}_port = ${usual === 80 ? 8080 : 8443}`,
    });

const modulePath = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;

/** The kinds of addresses that a repository may have, and none that git would take for an option; the rest is checked when it is used. */
const repositoryPattern = /^(?:https:\/\/|ssh:\/\/|file:\/\/|\/|[A-Za-z0-9_][^\s:/]*@[A-Za-z0-9])\P{Cc}*$/u;

/** As git-check-ref-format(1) has it, and none that git would take for an option. */
const branchPattern = /^(?![-/.])(?!@$)(?!.*(?:\.\.|@\{|\/\/|\/[-.]|[/.]$|\.lock$))[^\s\p{Cc}~^:?*[\\]+$/u;

/** `60` and `60s` are seconds; m and h minutes and hours. At most four digits: nothing is asked less often than that. */
const pollPattern = /^(?:off|[1-9]\d{0,3}[smh]?)$/;

/** A path of a URL: what may follow the host in a request line. */
const urlPath = /^\/[\x21-\x7e]*$/;

/** The whole of roadie.toml. Every key is optional; descriptions and examples make the reference page. */
export const configSchema = z
  .strictObject({
    name: z.string().superRefine(passes(checkSiteName)).meta({
      description:
        "The site's name, in folders, users and commands. Default: made from the project's folder or repository.",
      wants: 'a small letter, then up to 30 small letters, digits and hyphens, in quotes',
      example: 'name = "forum"',
    }),
    domains: z
      .array(
        z
          .string()
          .superRefine(passes(checkDomain))
          .meta({ wants: 'a domain in quotes', example: 'domains = ["forum.example.org"]' }),
      )
      .min(1)
      .meta({
        description: 'The domains that the site answers to; the first is the main one. Default: `NAME.localhost`.',
        wants: 'a list of domains in quotes',
        example: 'domains = ["forum.example.org", "www.forum.example.org"]',
      }),
    settings: z.string().regex(modulePath).meta({
      description: "Django's settings module, where Roadie should not find it by itself.",
      wants: 'the name of a Python module in quotes',
      example: 'settings = "forum.settings.production"',
    }),
    root: z.string().regex(inside).meta({
      description: 'The folder with manage.py, relative to the project. Default: found.',
      wants: 'a folder inside the project, relative to it, in quotes',
      example: 'root = "backend"',
    }),
    python: z
      .string()
      .regex(/^3\.\d{1,2}(\.\d{1,2})?$/)
      .meta({
        description: 'The Python to run the project with. Default: what the project asks for.',
        wants: 'a version such as "3.12", in quotes',
        example: 'python = "3.12"',
      }),
    requirements_as_of: z
      .string()
      .regex(/^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/)
      .meta({
        description:
          'Requirements without a lock are resolved as the package index was at the end of this day (UTC), for projects whose requirements no longer go together. What has been fixed since is left out. The index has to say when its files were uploaded, as PyPI does. Default: as it is now.',
        wants: 'a day as YYYY-MM-DD, in quotes',
        example: 'requirements_as_of = "2024-05-31"',
      }),
    http_port: port('HTTP', 80),
    https_port: port('HTTPS', 443),
    health: z
      .strictObject({
        path: z.string().regex(urlPath).meta({
          description:
            'What a new release must answer before it gets visitors: below 500, and not 400. Default: a known health route, else `/`.',
          wants: 'a path that begins with / and has no blanks, in quotes',
          example: 'path = "/health/"',
        }),
        timeout_seconds: seconds(
          'How long a new release may take until it answers; up to four times as long where it still computes. Default: 60.',
          'timeout_seconds = 60',
        ),
        tries: z.int().min(1).max(1000).meta({
          description:
            'How many bad answers of a new release are waited out, a second apart, before it is refused. Default: 10.',
          wants: 'a whole number from 1 to 1000',
          example: 'tries = 10',
        }),
      })
      .partial()
      .meta({
        description: 'How Roadie finds out whether a release is well.',
        wants: 'a table',
        example: '[health]\npath = "/health/"',
      }),
    bake: z
      .strictObject({
        seconds: z.int().min(0).max(86_400).meta({
          description: 'How long a new release is watched after it went live. 0 switches it off. Default: 60.',
          wants: 'a whole number of seconds from 0 to 86400',
          example: 'seconds = 60',
        }),
        error_percent: z.number().min(0).max(100).meta({
          description:
            'More of the requests of a kind than this, and more than before, have to fail (status 500 and above) before what visitors meet is suspicious. Default: 10.',
          wants: 'a number from 0 to 100',
          example: 'error_percent = 10',
        }),
        crashes: count(
          'Roadie goes back when the web service has ended unwantedly this often. Default: 2.',
          100,
          'crashes = 2',
        ),
      })
      .partial()
      .meta({
        description: 'The watch over a new release after the switch, which can send it back.',
        wants: 'a table',
        example: '[bake]\nseconds = 120',
      }),
    web: webKeys,
    ...edgeKeys,
    workers: z
      .record(
        z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/),
        z
          .strictObject({
            command: z.string().superRefine(passes(splitCommand)).meta({
              description:
                "The program and its arguments. The first word is looked up in the project's virtualenv, then in the system. No shell runs it.",
              wants: 'a command in quotes',
              example: 'command = "python manage.py process_tasks"',
            }),
            processes: count('How many of it run side by side. Default: 1.', 100, 'processes = 2').optional(),
            stop_seconds: seconds(
              'How long it may go on with what it has begun when it is replaced or stopped: it gets SIGTERM, and after this time it is killed. Default: 60.',
              'stop_seconds = 600',
            ).optional(),
            memory_limit_mb: memory('memory_limit_mb = 300').optional(),
            cpu_limit: cores('cpu_limit = 0.5').optional(),
          })
          .meta({ wants: 'a table with a command', example: '[workers.mail]\ncommand = "python manage.py send_mail"' }),
      )
      .meta({
        description:
          'Programs that run beside the web server, by name. Where this table is there, it is the whole list: what Roadie found is left out.',
        wants: 'a table for each program, named with letters, digits, - and _',
        example: '[workers.mail]\ncommand = "python manage.py send_mail"',
      }),
    ...filesKeys,
    release: z
      .strictObject({
        commands: z
          .array(
            z
              .string()
              .superRefine(passes(splitCommand))
              .meta({ wants: 'a command in quotes', example: 'commands = ["python manage.py setup_groups"]' }),
          )
          .max(50)
          .meta({
            description:
              "Commands to run with each release, in this order, after its migrations and before it goes live, as the site's user. No shell runs them. `loaddata` loads each file once, adds the rows that are missing and changes none. Where this is there, it is the whole list; `[]` runs nothing. Default: what Procfile, Dockerfile, Compose file and the scripts that they start run before the server, as far as it needs no decision.",
            wants: 'a list of commands in quotes',
            example: 'commands = ["python manage.py setup_groups"]',
          }),
      })
      .partial()
      .meta({
        description: 'What a release does beside what every release does.',
        wants: 'a table',
        example: '[release]\ncommands = ["python manage.py setup_groups"]',
      }),
    ...frontendKeys,
    ...networkKeys,
    upload_limit_mb: z.int().min(1).max(10_240).meta({
      description: 'The largest request that is let through, in megabytes. Default: 25.',
      wants: 'a whole number from 1 to 10240',
      example: 'upload_limit_mb = 100',
    }),
    ...boundsKeys,
    ...storeKeys,
    ...databaseKeys,
    environment: z
      .record(
        z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/),
        z
          .string()
          .regex(/^[^\0]*$/)
          .meta({ wants: 'text in quotes', example: '[environment]\nLOG_LEVEL = "INFO"' }),
      )
      .meta({
        description:
          'Variables for the project. Not for secrets, since this file is in the repository: those go into `roadie env set`.',
        wants: 'a table of texts in quotes, named with letters, digits and _',
        example: '[environment]\nLOG_LEVEL = "INFO"',
      }),
    source: z
      .strictObject({
        repository: z.string().max(4096).regex(repositoryPattern).meta({
          description:
            'The repository that a site follows which was brought up from a folder. Default: what was given to `roadie up`.',
          wants: 'an address by https, ssh, `git@host:path` or file, in quotes',
          example: 'repository = "https://example.org/me/forum.git"',
        }),
        branch: z.string().max(255).regex(branchPattern).meta({
          description: "The branch whose new commits are released. Default: the repository's own.",
          wants: 'the name of a branch in quotes',
          example: 'branch = "main"',
        }),
        poll: z.string().regex(pollPattern).meta({
          description:
            'How often the repository is asked for new commits; `off` leaves that to the webhook and to `roadie deploy`. Default: `60s`.',
          wants: 'seconds, minutes or hours such as "60s", "5m" or "1h", or "off", in quotes',
          example: 'poll = "60s"',
        }),
        only_signed: z.string().regex(inside).meta({
          description:
            "A file in the project with the keys that may sign commits, as ssh-keygen(1) describes under ALLOWED SIGNERS. Only commits signed by one of them are released by themselves; the list of the live release counts, not the new commit's own.",
          wants: 'a file inside the project, relative to it, in quotes',
          example: 'only_signed = "deploy/allowed_signers"',
        }),
        only_status: z
          .string()
          .regex(/^[A-Za-z0-9_*][A-Za-z0-9_.*/-]{0,99}$/)
          .meta({
            description:
              'The name of a tag, with * for any text. A commit is released by itself only once such a tag stands at it: tests can set it when they have passed.',
            wants: 'the name of a tag in quotes',
            example: 'only_status = "tests-passed"',
          }),
      })
      .partial()
      .meta({
        description: 'The repository that the site follows.',
        wants: 'a table',
        example: '[source]\nbranch = "main"\npoll = "60s"',
      }),
  } satisfies Record<keyof Config, z.ZodType>)
  .partial() satisfies z.ZodType<Loose<Config>>;

/** The same type with `undefined` allowed in optional keys, as the checker writes it. */
type Loose<T> = T extends readonly (infer Item)[]
  ? Loose<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Loose<T[Key]> | (undefined extends T[Key] ? undefined : never) }
    : T;
