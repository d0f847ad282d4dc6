import type { HookAnswer, HookRequest } from '../machine/network/hook-server.ts';
import { concerns, Deliveries, readHook } from '../source/webhook.ts';
import type { Watching } from './watching.ts';

/**
 * Answers calls of webhooks. A call only makes the daemon look at the repository that the site follows: what is in it is not
 * believed beyond that, and a thousand of them are one look that runs and one that waits.
 */
export function webhookHandler(
  watching: Pick<Watching, 'webhookOf' | 'lookFor'>,
  deliveries = new Deliveries(),
): (request: HookRequest) => HookAnswer {
  return ({ site, headers, body }) => {
    const hook = watching.webhookOf(site);
    // The same answer as to a wrong secret: nobody learns from it which sites have a webhook.
    if (!hook) return { status: 401, text: 'Refused: the signature is wrong' };
    const verdict = readHook({ headers, body }, hook.secret);
    switch (verdict.kind) {
      case 'refused':
        return { status: verdict.status, text: `Refused: ${verdict.because}` };
      case 'nothing':
        return { status: 200, text: `Nothing to do: ${verdict.because}` };
      case 'push':
        if (!deliveries.take(site, verdict.delivery))
          return { status: 409, text: 'Refused: this delivery has been here before' };
        if (!hook.follows) return { status: 200, text: 'Nothing to do: the site follows no repository' };
        if (!concerns(verdict, hook.follows))
          return { status: 200, text: `Nothing to do: the site does not follow ${verdict.ref}` };
        watching.lookFor(site, verdict.ref.startsWith('refs/heads/') ? verdict.revision : undefined);
        return { status: 202, text: 'The repository is looked at' };
    }
  };
}
