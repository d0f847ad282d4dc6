import { missingProblem } from '../machine/packages.ts';
import { portHolder } from '../machine/socket-tables.ts';
import { portTaken } from '../machine/sockets.ts';
import type { Change } from '../plan/resource.ts';
import { ProblemError } from '../problems/problem.ts';
import type { JobContext } from './context.ts';
import type { SiteDesign } from './site-design.ts';

/** Without root packages cannot be installed: better said at once than after the first steps. */
export function requirePackagesPossible(changes: readonly Change[], root: boolean): void {
  const missing = changes
    .filter((change) => change.kind === 'package')
    .map((change) => change.id.slice('package:'.length));
  if (missing.length > 0 && !root) throw new ProblemError(missingProblem(missing));
}

/** A port that is new to the edge must be free. Those that the edge has already are its own. */
export async function requirePortsFree({ record }: SiteDesign, context: JobContext): Promise<void> {
  const edge = await context.records.readEdge();
  const own = new Set(
    (edge?.services ?? [])
      .flatMap((service) => service.sockets)
      .flatMap((socket) => (socket.kind === 'tcp' ? [socket.port] : [])),
  );
  const problems = [record.ports.http, record.ports.https].flatMap((port) => {
    const holder = own.has(port) ? undefined : portHolder(port);
    return holder ? [portTaken(port, holder)] : [];
  });
  const [first, ...rest] = problems;
  if (first) throw new ProblemError(first, ...rest);
}
