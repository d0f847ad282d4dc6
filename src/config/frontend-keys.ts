import * as z from 'zod';

import { inside, passes } from './key-kinds.ts';
import { splitCommand } from './command-line.ts';

/** The keys of roadie.toml about a front end that is built with Node. */
export const frontendKeys = {
  frontend: z
    .strictObject({
      folder: z.string().regex(inside).meta({
        description: 'The folder with package.json, relative to the project. Default: found.',
        wants: 'a folder inside the project, relative to it, in quotes',
        example: 'folder = "frontend"',
      }),
      build: z
        .union([
          z.literal(false),
          z
            .string()
            .superRefine(passes(splitCommand))
            .meta({ wants: 'a command in quotes', example: 'build = "npm run build:prod"' }),
        ])
        .meta({
          description:
            'The command that builds it, run in its folder once its packages are installed; no shell runs it. `false`: nothing is built. Default: what the Dockerfile, the Procfile or `app.json` runs, else the script `build`, where anything calls for it.',
          wants: 'a command in quotes, or false',
          example: 'build = "npm run build:prod"',
        }),
      node: z
        .string()
        .regex(/^[\d.xX*<>=~^| -]{1,100}$/)
        .meta({
          description:
            'The Node to build with, as npm writes ranges. Default: what `.nvmrc`, `.node-version`, `.tool-versions`, `engines` or the Dockerfile names, else 24.',
          wants: 'a version or a range such as "20" or ">=18 <23", in quotes',
          example: 'node = "20"',
        }),
    })
    .partial()
    .meta({
      description:
        'The front end, where its files are built with Node. Without it Roadie finds out whether anything calls for a build.',
      wants: 'a table',
      example: '[frontend]\nbuild = "npm run build:prod"',
    }),
};
