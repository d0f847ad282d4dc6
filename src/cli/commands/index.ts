import type { AnyCommand } from '../command.ts';
import { logs } from './logs.ts';
import { status } from './status.ts';
import { up } from './up.ts';

/** All commands, in the order of the help. A new command is one file here and one line. */
export const commands: readonly AnyCommand[] = [up, status, logs];
