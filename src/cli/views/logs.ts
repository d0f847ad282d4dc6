import type { LogLine } from '../../contract/answers.ts';
import type { Style } from './style.ts';
import { harmless } from './text.ts';

/** A line of a log behind the names that are not clear already. */
export function logLineView(
  line: LogLine,
  show: { readonly site: string | undefined; readonly service: boolean },
  style: Style,
): string {
  const names = [show.site, show.service ? line.service : undefined].filter((name) => name !== undefined).join('/');
  return names === ''
    ? harmless(line.line)
    : `${paint(line.service, style)(names.padEnd(10))} ${style.dim('|')} ${harmless(line.line)}`;
}

/** The same colour for a service each time. */
function paint(service: string, style: Style): (text: string) => string {
  const colours = [style.cyan, style.green, style.yellow];
  const sum = new TextEncoder().encode(service).reduce((total, byte) => total + byte, 0);
  return colours[sum % colours.length] ?? style.cyan;
}
