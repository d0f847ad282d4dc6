import type { Problem } from '../problems/problem.ts';

/**
 * What the system's own refusals mean to a user: no room, or no right to read or write a place. Undefined for every other error,
 * which is a bug until somebody knows better.
 */
export function systemProblem(error: unknown): Problem | undefined {
  const { code, path } = fields(error);
  const at = path === undefined ? {} : { where: { file: path } };
  const place = path ?? 'a file';
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return {
        code: 'disk-full',
        summary: `There was no room to write ${place}`,
        ...at,
        cure: ['Make room, then run the same command again: what was done is kept.', '$ df -h'],
      };
    case 'EROFS':
      return {
        code: 'no-access',
        summary: `${place} is on a file system that cannot be written`,
        ...at,
        cure: ['Have it mounted for writing, then run the same command again.', '$ mount | grep ro,'],
      };
    case 'EACCES':
    case 'EPERM':
      return {
        code: 'no-access',
        summary: `This user may not read or write ${place}`,
        ...at,
        cure: [
          'Run the same command as the owner of that place, or as root: `sudo roadie …`.',
          'Or have Roadie keep its files elsewhere: ROADIE_BASE and ROADIE_RUN name the folders.',
        ],
      };
    default:
      return undefined;
  }
}

function fields(error: unknown): { readonly code: string | undefined; readonly path: string | undefined } {
  if (!(error instanceof Error)) return { code: undefined, path: undefined };
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return {
    code: 'code' in error ? text(error.code) : undefined,
    path: 'path' in error ? text(error.path) : undefined,
  };
}
