import { contentTypes } from '../edge/mime-types.ts';

/** The `types` block. */
export function mimeTypes(): string {
  const lines = Object.entries(contentTypes).map(([type, extensions]) => `    ${type} ${extensions};`);
  return `types {\n${lines.join('\n')}\n}\n`;
}
