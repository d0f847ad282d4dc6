import { fileURLToPath } from 'node:url';

/** The Node that the project pins: it runs TypeScript, which the one that runs the tests may not. */
export const pinnedNode = fileURLToPath(new URL('../../node_modules/node/bin/node', import.meta.url));
