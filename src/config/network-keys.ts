import * as z from 'zod';

import type { Problem } from '../problems/problem.ts';

/** Refuses what stands twice in a list. */
const each = (list: readonly number[], context: z.RefinementCtx): void => {
  for (const [index, value] of list.entries()) {
    if (list.indexOf(value) === index) continue;
    const problem: Problem = {
      code: 'config-bad-value',
      summary: `${value} is there twice, and once is enough`,
      cure: [`Remove one of them.`],
    };
    context.addIssue({ code: 'custom', path: [index], message: problem.summary, params: { problem } });
  }
};

/** The keys of roadie.toml about what a site's programs do on the network. */
export const networkKeys = {
  network: z
    .strictObject({
      listen: z
        .array(z.int().min(1024).max(65_535).meta({ wants: 'a port from 1024 to 65535', example: 'listen = [8883]' }))
        .max(100)
        .superRefine(each)
        .meta({
          description:
            "TCP ports on which the site's own programs may listen for everybody, besides the website: an MQTT broker's, for instance. Without this a release that listens on any is refused, and a running site that comes to do so raises an alarm; on 127.0.0.1 and ::1 it may always. Ports below 1024 are not a site's to have, nor are those of the website. Default: none.",
          wants: 'a list of ports from 1024 to 65535, each once',
          example: 'listen = [8883]',
        }),
    })
    .partial()
    .meta({
      description: "What the site's programs may do on the network.",
      wants: 'a table',
      example: '[network]\nlisten = [8883]',
    }),
};
