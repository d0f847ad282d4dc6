import { setTimeout as delay } from 'node:timers/promises';

import type { Releases } from '../contract/releases.ts';
import type { JobResults } from '../contract/results.ts';
import type { Problem } from '../problems/problem.ts';
import type { Context } from './command.ts';
import { Progress } from './views/progress.ts';
import { clockTime, harmless } from './views/text.ts';

type Bake = NonNullable<JobResults['up']['bake']>;

/** What became of a release after its switch. */
export type Verdict = { readonly proven: true } | { readonly proven: false; readonly problem: Problem } | 'interrupted';

/** The option of commands that release something. */
export const waitBakeOption = {
  kind: 'flag',
  about: 'wait for the verdict of the watch over the new release: exit code 5 where it is given up',
} as const;

const tickMs = 120;
const askMs = 500;

/** Waits until the watch over a release is over. Ctrl-C ends the waiting; the watch goes on. */
export async function waitForVerdict(context: Context, site: string, bake: Bake): Promise<Verdict> {
  const { env, style } = context;
  const client = await context.client();
  const moving = env.isTerminal && !context.json;
  const waitingFor = `Watching ${bake.release} until ${clockTime(bake.until)}`;
  const progress = new Progress(env.stdout, { style, moving, columns: env.columns, now: env.now, waitingFor });
  if (!moving) context.say(`${waitingFor} ...`);
  const waiting = new AbortController();
  const stopListening = env.onInterrupt(() => waiting.abort());
  const ticking = moving ? setInterval(() => progress.tick(), tickMs) : undefined;
  try {
    for (;;) {
      const verdict = verdictOf(await client.releases(site), bake.release);
      if (verdict) return verdict;
      await delay(askMs, undefined, { signal: waiting.signal }).catch(() => undefined);
      if (!waiting.signal.aborted) continue;
      progress.end();
      env.stderr.write(
        `\nThis command ends here; the watch goes on. To see what comes of it:\n  $ roadie status ${site}\n`,
      );
      return 'interrupted';
    }
  } finally {
    if (ticking !== undefined) clearInterval(ticking);
    progress.end();
    stopListening();
  }
}

/** What is known of a release by now; undefined while it is watched or being left. */
function verdictOf(releases: Releases, release: string): Verdict | undefined {
  const { site, live, bake, held, alarms } = releases;
  if (bake?.release === release) return undefined;
  const [alarm] = alarms;
  const cure = alarm?.cure ?? [`$ roadie releases ${site}`];
  const isLeft = held?.given_up?.release === release;
  if (live === release && !alarm) return { proven: true };
  if (live === release || isLeft)
    return {
      proven: false,
      problem: { code: 'rolled-back', summary: harmless(alarm?.text ?? held?.because ?? ''), cure },
    };
  return {
    proven: false,
    problem: {
      code: 'not-proven',
      summary: `Release ${release} was replaced by ${live ?? 'none'} before its time was over`,
      cure: [`$ roadie releases ${site}`, '$ roadie events'],
    },
  };
}
