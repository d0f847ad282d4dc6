import * as z from 'zod';

/** The keys of roadie.toml about what stands in front of the sites. */
export const edgeKeys = {
  edge: z
    .strictObject({
      server: z.enum(['nginx', 'apache']).meta({
        description:
          'What stands in front of all sites of the host. There is one for all of them: what one site names counts for those that name nothing, and two that name different ones are refused. Default: NGINX.',
        wants: '"nginx" or "apache"',
        example: 'server = "apache"',
      }),
    })
    .partial()
    .meta({ description: 'What visitors reach first.', wants: 'a table', example: '[edge]\nserver = "apache"' }),
};
