import { stripVTControlCharacters } from 'node:util';

import type { FrontEnd } from '../../django/facts.ts';
import type { Problem } from '../../problems/problem.ts';

/** What npm and its like say of themselves when a command of the project has failed: nothing that helps. */
const boilerplate =
  /A complete log of this run|^(npm (ERR!|error)|warning|info)\s*$|npm (ERR!|error) (code (ELIFECYCLE|1)\b|errno|path |command |workspace |location |Lifecycle script|Exit status|This is probably not|Failed at the|\S+@\S+ \S+: `)|^npm (warn|WARN|notice)|ELIFECYCLE|^error Command failed with exit code|info Visit https:\/\/yarnpkg|^\s+at .*[:(]|^(node:)?internal\/|^Node\.js v\d|^> /;

const telling = /error|failed|cannot|can't|could not|not found|unable|unexpected|E[A-Z]{4,}|unsupported|heap/i;

/** The lines of what Node's programs have printed that tell why they failed, the most telling first. */
export function nodeError(output: string, count = 8): readonly [string, ...string[]] {
  const lines = stripVTControlCharacters(output)
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '' && !boilerplate.test(line))
    .slice(-60);
  const from = Math.max(
    0,
    lines.findIndex((line) => telling.test(line) && !/^npm (ERR!|error) code /.test(line)),
  );
  const [first = 'it printed nothing', ...more] = lines.slice(from, from + count);
  return [first.replace(/^npm (ERR!|error)\s+/, '').trim(), ...more];
}

/** What a failed command of a front end's build means, with what to do about it. */
export function frontEndProblem(
  output: string,
  about: {
    /** Relative to the project; `.` for its top. */
    readonly folder: string;
    readonly command: readonly string[];
    readonly node: string;
    readonly log: string;
    readonly timedOut: boolean;
  },
): Problem {
  const lines = nodeError(output);
  // `error during build:` says it in the next line.
  const first = lines[0].endsWith(':') ? `${lines[0]} ${lines[1] ?? ''}`.trim() : lines[0];
  const command = about.command.join(' ');
  const where = about.folder === '.' ? '' : ` in ${about.folder}/`;
  return {
    code: 'frontend-failed',
    summary: about.timedOut ? `\`${command}\`${where} did not end in time` : `\`${command}\`${where} failed: ${first}`,
    detail: lines.join('\n'),
    cure: [...cures(output, about.command, about.node), `The whole output: ${about.log}`],
  };
}

function cures(output: string, command: readonly string[], node: string): readonly [string, ...string[]] {
  if (
    /can only install packages when your package\.json|ERR_PNPM_OUTDATED_LOCKFILE|lockfile needs to be updated|lockfile would have been (modified|created)/.test(
      output,
    )
  )
    return [`Bring the lock up to date and commit it: \`${command[0] ?? 'npm'} install\`.`];
  if (/ERESOLVE/.test(output))
    return ['Change the versions that contradict each other, or commit an `.npmrc` with `legacy-peer-deps=true`.'];
  if (/ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|UNABLE_TO_GET_ISSUER|SELF_SIGNED_CERT|does not answer/.test(output))
    return [
      "Check that this machine reaches npm's registry (proxy, certificates, DNS), then run the same command again.",
    ];
  if (
    /EBADENGINE|ERR_PNPM_UNSUPPORTED_ENGINE|The engine "node" is incompatible|ERR_OSSL_EVP_UNSUPPORTED|requires Node/.test(
      output,
    )
  )
    return [
      `It ran on Node ${node}. Name the one that it needs, in an \`.nvmrc\` or in roadie.toml: [frontend] with \`node = "20"\`.`,
    ];
  if (/heap out of memory|for want of memory/.test(output))
    return ['Give builds more memory in roadie.toml: [limits] with `build_memory_mb = 4096`.'];
  return [
    `Fix what it names, and try it as it runs here: \`${command.join(' ')}\` on Node ${node}.`,
    'Where Django serves nothing of it, write into roadie.toml: [frontend] with `build = false`.',
  ];
}

/** No Node is to be had. `words`: what failed. */
export function noNode({ value, because }: FrontEnd['node'], words: string, log: string): Problem {
  return {
    code: 'frontend-failed',
    summary: `The front end needs Node ${value}, and it could not be fetched: ${words.split('\n')[0] ?? ''}`,
    detail: words,
    ...(because.where && { where: because.where }),
    cure: [
      "Check that this machine reaches npm's registry, or name another to the daemon as npm_config_registry.",
      `The whole output: ${log}`,
    ],
  };
}
