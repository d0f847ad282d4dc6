import * as z from 'zod';

/** An absolute folder that is neither the system's nor Roadie's, nor all of what holds other people's. */
const folderPattern =
  /^(?!\/(?:bin|boot|dev|etc|lib|lib32|lib64|proc|run|sbin|sys|usr)(?:\/|$))(?!\/(?:home|media|mnt|opt|root|srv|tmp|var)\/?$)(?!\/var\/(?:cache|lib|lock|log|run|spool|tmp)\/?$)(?!\/var\/lib\/roadie(?:\/|$))(?!(?:.*\/)?\.\.?(?:\/|$))\/[^\0\n]+$/;

const ownFolder = (key: string) =>
  z
    .string()
    .max(4096)
    .regex(folderPattern)
    .meta({
      wants: "an absolute folder in quotes that is not the system's or Roadie's",
      example: `${key} = ["/mnt/disk/uploads"]`,
    });

/** The tables of roadie.toml about what a site may take of the machine, and what it reaches on it. */
export const boundsKeys = {
  limits: z
    .strictObject({
      memory_mb: z.int().min(64).max(1_048_576).meta({
        description:
          'Memory that all processes of the site may use together, in megabytes; beyond it the kernel ends the one that it can best do without. Default: 70 % of the machine.',
        wants: 'a whole number from 64 to 1048576',
        example: 'memory_mb = 900',
      }),
      build_memory_mb: z.int().min(64).max(1_048_576).meta({
        description: "Memory of a build, within the site's, in megabytes. Default: half of the machine's.",
        wants: 'a whole number from 64 to 1048576',
        example: 'build_memory_mb = 600',
      }),
      processes: z.int().min(64).max(1_000_000).meta({
        description:
          'Processes and threads that the site may have at a time, those of its database and of commands included. Default: what Roadie starts for it, twice, and 320 more.',
        wants: 'a whole number from 64 to 1000000',
        example: 'processes = 1000',
      }),
      open_files: z.int().min(256).max(1_048_576).meta({
        description: 'Files and sockets that each process may have open. Default: 8192.',
        wants: 'a whole number from 256 to 1048576',
        example: 'open_files = 20000',
      }),
    })
    .partial()
    .meta({
      description: 'What the site may take of the machine, so that its neighbours keep theirs; `roadie plan` shows it.',
      wants: 'a table',
      example: '[limits]\nmemory_mb = 900',
    }),
  sandbox: z
    .strictObject({
      enabled: z.boolean().meta({
        description:
          'Whether its programs see a machine of their own: read-only but for their data, with no other processes, a private `/tmp` and no devices. Default: true, where the kernel can do it.',
        wants: 'true or false',
        example: 'enabled = false',
      }),
      writable: z.array(ownFolder('writable')).meta({
        description: "Folders elsewhere on the machine that the site's programs may write in, as far as its user may.",
        wants: "a list of absolute folders in quotes, none of them the system's or Roadie's",
        example: 'writable = ["/mnt/disk/uploads"]',
      }),
      readable: z.array(ownFolder('readable')).meta({
        description: 'Folders below `/home`, `/root` or `/tmp` that its programs may read: all else there is hidden.',
        wants: "a list of absolute folders in quotes, none of them the system's or Roadie's",
        example: 'readable = ["/home/me/models"]',
      }),
    })
    .partial()
    .meta({
      description: "What the site's programs see and change of the machine.",
      wants: 'a table',
      example: '[sandbox]\nwritable = ["/mnt/disk/uploads"]',
    }),
};
