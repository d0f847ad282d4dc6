import type { ZodType } from 'zod';

import type { Bodies, EndpointName } from './endpoints.ts';
import { jobRequestSchema } from './jobs.ts';

/**
 * What the body of each endpoint must be; an endpoint that is not here takes none. The daemon, which loads no Zod, reads the same
 * as JSON Schema in `bodies.json`: `npm run docs` makes that file.
 */
export const bodySchemas = {
  job: jobRequestSchema,
} as const satisfies { readonly [Name in keyof Bodies]: ZodType<Bodies[Name]> } & Partial<
  Record<EndpointName, ZodType>
>;
