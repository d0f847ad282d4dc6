import type { RoadieEvent } from '../../contract/events.ts';
import { isEmpty } from './plan.ts';
import type { Style } from './style.ts';
import { clockTime, count, duration, harmless } from './text.ts';

/** One event as one line for people, with its time in the machine's time zone. */
export function eventLine(event: RoadieEvent, style: Style): string {
  const about = event.site === undefined ? '' : `${style.bold(event.site)} `;
  return `${style.dim(clockTime(event.time))} ${about}${describe(event, style)}`;
}

/** What happened, in words. A new kind of event does not compile until it has its words here. */
function describe(event: RoadieEvent, style: Style): string {
  switch (event.type) {
    case 'job-started':
      return `${harmless(event.title)} started`;
    case 'job-finished':
      return jobFinished(event, style);
    case 'step-started':
      return `${harmless(event.title)} ...`;
    case 'step-finished':
      return stepFinished(event, style);
    case 'plan-made':
      return isEmpty(event.plan)
        ? 'plan: nothing to change'
        : `plan: ${count(event.plan.changes.filter((change) => change.action !== 'keep').length, 'change')}`;
    case 'service-changed':
      return `${harmless(event.service)}: ${harmless(event.from)} -> ${stateText(harmless(event.to), style)}${event.pid === undefined ? '' : ` (pid ${event.pid})`}${event.reason === '' ? '' : `: ${harmless(event.reason)}`}`;
    case 'release-switched':
      return `release ${style.green(harmless(event.release))} is live${event.previous === undefined ? '' : `, instead of ${harmless(event.previous)}`}`;
    case 'daemon-started':
      return `daemon ${harmless(event.version)} started (pid ${event.pid})${event.adopted === 0 ? '' : `, adopted ${count(event.adopted, 'running service')}`}`;
    case 'daemon-stopping':
      return `daemon stops: ${harmless(event.reason)}`;
    case 'alarm':
      return [`${style.red('alarm:')} ${harmless(event.text)}`, ...cureLines(event.cure, style, '           ')].join(
        '\n',
      );
    case 'note':
      return event.level === 'warning' ? `${style.yellow('warning:')} ${harmless(event.text)}` : harmless(event.text);
  }
}

function jobFinished(event: Extract<RoadieEvent, { type: 'job-finished' }>, style: Style): string {
  const took = duration(event.seconds);
  switch (event.outcome) {
    case 'done':
      return `operation ${style.green('done')} in ${took}`;
    case 'nothing':
      return `operation had nothing to do, ${took}`;
    case 'failed':
      return `operation ${style.red('failed')} after ${took}: ${event.problems.map((problem) => harmless(problem.summary)).join('; ')}`;
  }
}

function stepFinished(event: Extract<RoadieEvent, { type: 'step-finished' }>, style: Style): string {
  const detail = event.detail === undefined ? '' : `: ${harmless(event.detail)}`;
  switch (event.outcome) {
    case 'done':
      return `${harmless(event.title)}, ${duration(event.seconds)}${detail}`;
    case 'skipped':
      return `${harmless(event.title)}: nothing to do${detail}`;
    case 'failed':
      return `${harmless(event.title)} ${style.red('failed')} after ${duration(event.seconds)}${detail}`;
  }
}

/** What to do about something, a line each. */
export function cureLines(cure: readonly string[], style: Style, indent: string): readonly string[] {
  return cure.map((line) => `${indent}${line.startsWith('$ ') ? style.green(harmless(line)) : harmless(line)}`);
}

/** A service's or a site's state in its colour. */
export function stateText(state: string, style: Style): string {
  if (state === 'ready' || state === 'live') return style.green(state);
  if (state === 'failed' || state === 'degraded') return style.red(state);
  if (state === 'down' || state === 'stopped') return style.dim(state);
  return style.yellow(state);
}
