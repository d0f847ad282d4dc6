import { readFileSync } from 'node:fs';

import { regainSockets } from '../../../src/machine/network/regain-sockets.ts';
import { StateFile } from '../../../src/machine/files/state-file.ts';
import type { GroupSpec } from '../../../src/services/service.ts';
import { Supervisor } from '../../../src/supervisor/supervisor.ts';

/** A small daemon around a supervisor, for tests that kill it: folder with groups.json in, one JSON line for each event out. */
const folder = process.argv[2] ?? '.';
const say = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);

const supervisor = new Supervisor({
  emit: say,
  state: new StateFile(`${folder}/state.json`),
  runFolder: `${folder}/run`,
  regainSockets: async (held) => {
    const sockets = await regainSockets(held);
    setImmediate(() => say({ type: 'regained', count: sockets.filter((socket) => socket !== undefined).length }));
    return sockets;
  },
});
const groups = JSON.parse(readFileSync(`${folder}/groups.json`, 'utf8')) as GroupSpec[];
const { adopted } = await supervisor.resume(groups);
say({ type: 'resumed', adopted });

process.stdin.on('data', () => say({ type: 'status', groups: supervisor.status() }));
process.stdin.once('end', () => void supervisor.close({ services: true }).then(() => process.exit(0)));
