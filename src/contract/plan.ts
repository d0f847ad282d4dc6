import * as z from 'zod';

/** One change of a plan as people see it; `plan/resource.ts` has the full words. */
const changeSchema = z.strictObject({
  action: z.enum(['create', 'update', 'replace', 'remove', 'keep', 'later']),
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  because: z.string(),
  how: z.string().optional(),
});

export const planSchema = z.strictObject({ site: z.string(), changes: z.array(changeSchema), fingerprint: z.string() });

export type PlanView = z.infer<typeof planSchema>;
export type ChangeView = z.infer<typeof changeSchema>;
