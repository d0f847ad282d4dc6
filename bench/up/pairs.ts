import { median } from '../figures.ts';

/** One `up` of a project and what a person types for it, in turn. Seconds. */
export type Pair = {
  /** Until the server that was started by hand gave the first page; undefined where it gave none. */
  readonly byHand: number | undefined;
  /** Until a visitor got the first page of the site; undefined where nobody did. */
  readonly up: number | undefined;
  /** The whole command. */
  readonly command: number;
  /** Its steps, by their titles. */
  readonly steps: ReadonlyMap<string, number>;
};

/** To reach: no `up` takes longer than this times what is typed. */
const goal = 1.25;

/** A project's pairs, or why there are none. */
export type Measured = { readonly project: string; readonly pairs: readonly Pair[] };

/** Of the medians; undefined where one of both never gave a page. */
export function ratio({ pairs }: Measured): number | undefined {
  const [up, byHand] = [middle(pairs, 'up'), middle(pairs, 'byHand')];
  return up === undefined || byHand === undefined ? undefined : up / byHand;
}

/** As Markdown: a project a line, with the three longest steps of its `up`. */
export function table(measured: readonly Measured[]): string {
  const cell = (seconds: number | undefined): string => (seconds === undefined ? 'no page' : seconds.toFixed(1));
  const line = (each: Measured): string => {
    const found = ratio(each);
    const cells = [
      each.project,
      cell(middle(each.pairs, 'byHand')),
      cell(middle(each.pairs, 'up')),
      cell(middle(each.pairs, 'command')),
      found === undefined ? '' : `${found.toFixed(2)} ×`,
      longest(each.pairs),
    ];
    return `| ${cells.join(' | ')} |`;
  };
  return [
    `| project | by hand, s | \`up\`, s | the whole command, s | ratio (to reach: ${goal} ×) | longest steps of \`up\`, s |`,
    '|---|--:|--:|--:|--:|---|',
    ...measured.map(line),
  ].join('\n');
}

/** The median of one figure; undefined where a run did not get that far. */
function middle(pairs: readonly Pair[], key: 'byHand' | 'up' | 'command'): number | undefined {
  const values = pairs.map((pair) => pair[key]).filter((value) => value !== undefined);
  return values.length < pairs.length || values.length === 0 ? undefined : median(values);
}

function longest(pairs: readonly Pair[]): string {
  const titles = [...new Set(pairs.flatMap(({ steps }) => [...steps.keys()]))];
  return titles
    .map((title) => ({ title, seconds: median(pairs.map(({ steps }) => steps.get(title) ?? 0)) }))
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, 3)
    .map(({ title, seconds }) => `${title.replaceAll('|', '\\|')} ${seconds.toFixed(1)}`)
    .join(', ');
}
