import type { JobResults } from '../../contract/results.ts';
import type { Style } from './style.ts';
import { count, harmless, indent } from './text.ts';

type Finding = JobResults['check']['findings'][number];
type Level = Finding['level'];

const levels: readonly Level[] = ['error', 'warning', 'advice'];

/** Findings, the gravest first: what, why it matters, the cure. */
export function checkView({ site, findings }: JobResults['check'], style: Style): string {
  if (findings.length === 0) return `${style.green('Nothing found')}: ${style.bold(site)} is as it should be.\n`;
  const sorted = levels.flatMap((level) => findings.filter((finding) => finding.level === level));
  const tally = levels.flatMap((level) => {
    const number = findings.filter((finding) => finding.level === level).length;
    return number === 0 ? [] : [level === 'advice' ? `${number} advice` : count(number, level)];
  });
  return `${sorted.map((finding) => findingText(finding, style)).join('\n\n')}\n\n${style.bold(site)}: ${tally.join(', ')}\n`;
}

function findingText({ level, id, what, why, cure }: Finding, style: Style): string {
  const paint = { error: style.red, warning: style.yellow, advice: style.cyan }[level];
  return [
    `${paint(level)} ${style.bold(harmless(what))} ${style.dim(`(${harmless(id)})`)}`,
    indent(harmless(why)),
    indent(`${style.green('Cure:')} ${harmless(cure)}`),
  ]
    .filter((line) => line.trim() !== '')
    .join('\n');
}
