import { posix } from 'node:path';

/** A RUN of a Dockerfile, with what its stage has said before. */
export type DockerRun = {
  readonly command: string;
  /** From 1. */
  readonly line: number;
  /** Absolute, in the image. */
  readonly folder: string;
  /** What COPY and ADD have brought from the project, the last first: absolute in the image, relative to the build's context. */
  readonly copies: readonly { readonly from: string; readonly to: string }[];
  /** Variables of ENV and ARG whose values are plain texts. */
  readonly variables: Readonly<Record<string, string>>;
  /** The image of the stage: `node:20-alpine`. */
  readonly image: string;
  /** Whether what it leaves is in the image that the file ends with, rather than in one that only builds, tests or develops. */
  readonly shipped: boolean;
};

type Stage = Omit<DockerRun, 'command' | 'line' | 'shipped'>;

const empty: Stage = { folder: '/', copies: [], variables: {}, image: '' };

/** The RUNs of a Dockerfile. Source: docs.docker.com/reference/dockerfile. */
export function dockerRuns(text: string): readonly DockerRun[] {
  const stages = new Map<string, Stage>();
  let stage = empty;
  let name = '';
  // By its number, the number of the stage that each begins with.
  const parents: (number | undefined)[] = [];
  const numbers = new Map<string, number>();
  // What stands before the first FROM counts in FROM alone.
  let globals: Readonly<Record<string, string>> = {};
  const found: (Omit<DockerRun, 'shipped'> & { readonly stage: number })[] = [];
  for (const { keyword, rest, line } of instructions(text)) {
    switch (keyword) {
      case 'FROM': {
        const [, image = '', alias = ''] = /^(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(rest) ?? [];
        if (stages.size === 0 && found.length === 0 && stage.image === '') globals = stage.variables;
        stage = stages.get(image.toLowerCase()) ?? { ...empty, image: expand(image, globals) };
        name = alias.toLowerCase();
        parents.push(numbers.get(image.toLowerCase()));
        if (name !== '') numbers.set(name, parents.length - 1);
        break;
      }
      case 'WORKDIR':
        stage = {
          ...stage,
          folder: posix.resolve(stage.folder, expand(rest.replaceAll(/["']/g, ''), stage.variables)),
        };
        break;
      case 'ENV':
      case 'ARG':
        stage = { ...stage, variables: { ...stage.variables, ...assignments(rest, stage.variables) } };
        break;
      case 'COPY':
      case 'ADD':
        stage = { ...stage, copies: [...copied(rest, stage), ...stage.copies] };
        break;
      case 'RUN':
        found.push({
          ...stage,
          command: rest.replaceAll(/--mount=\S+\s*/g, '').trim(),
          line,
          stage: parents.length - 1,
        });
        break;
      default:
        break;
    }
    if (name !== '') stages.set(name, stage);
  }
  const shipped = new Set<number>();
  for (let at: number | undefined = parents.length - 1; at !== undefined; at = parents[at]) shipped.add(at);
  return found.map(({ stage: number, ...run }) => ({ ...run, shipped: shipped.has(number) }));
}

/** Instructions with their continued lines put together; `line` is where each begins. */
function instructions(
  text: string,
): readonly { readonly keyword: string; readonly rest: string; readonly line: number }[] {
  const found: { keyword: string; rest: string; line: number }[] = [];
  let open = false;
  for (const [number, raw] of text.split('\n').entries()) {
    // Comments may stand between continued lines.
    if (/^\s*(#|$)/.test(raw)) continue;
    const continued = /\\\s*$/.test(raw);
    const part = raw.replace(/\\\s*$/, '').trim();
    const last = found.at(-1);
    if (open && last) last.rest = `${last.rest} ${part}`;
    else {
      const [, keyword, rest = ''] = /^([A-Za-z]+)\s+(.*)$/.exec(part) ?? [];
      if (keyword !== undefined) found.push({ keyword: keyword.toUpperCase(), rest, line: number + 1 });
    }
    open = continued;
  }
  return found;
}

function copied(rest: string, { folder, variables }: Stage): readonly { readonly from: string; readonly to: string }[] {
  if (/(^|\s)--from=/.test(rest)) return [];
  const plain = rest.replaceAll(/--\S+\s+/g, '').trim();
  const words = (plain.startsWith('[') ? plain.replaceAll(/[[\]",]+/g, ' ') : plain).trim().split(/\s+/);
  const to = words.at(-1);
  if (to === undefined || words.length < 2) return [];
  return words.slice(0, -1).map((word) => {
    const from = posix.normalize(word.replace(/^\.?\/(?=.)/, '')).replace(/\/$/, '');
    const isFile = /\.\w+$|\*/.test(posix.basename(from));
    return {
      from: isFile ? posix.dirname(from) : from,
      to: posix.resolve(folder, expand(to, variables)).replace(/(?<=.)\/[^/]+\.\w+$/, isFile ? '' : '$&'),
    };
  });
}

function assignments(rest: string, known: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const pairs = [...rest.matchAll(/([A-Za-z_]\w*)=("[^"]*"|'[^']*'|\S*)/g)].map(
    ([, name = '', value = '']) => [name, value.replaceAll(/^["']|["']$/g, '')] as const,
  );
  const [, name, value] = /^([A-Za-z_]\w*)\s+([^=]+)$/.exec(rest) ?? [];
  const all = pairs.length > 0 || name === undefined || value === undefined ? pairs : [[name, value.trim()] as const];
  return Object.fromEntries(
    all.map(([key, one]) => [key, expand(one, known)] as const).filter(([, one]) => !one.includes('$')),
  );
}

/** `$NAME` and `${NAME}` as far as they are known. */
function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
    return variables[braced ?? bare ?? ''] ?? whole;
  });
}
