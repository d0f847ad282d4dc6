import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { answers } from '../../src/machine/daemon-process.ts';
import { upgradeDaemon } from '../../src/machine/daemon-upgrade.ts';
import { layout, type Layout, packagesJournal } from '../../src/machine/layout.ts';
import { installedPackages } from '../../src/machine/packages/packages.ts';
import { look, signalProcess } from '../../src/machine/processes/processes.ts';
import { requireRoot } from '../rig/box.ts';

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const node = fileURLToPath(new URL('../../node_modules/node/bin/node', import.meta.url));

let folder: string;
let where: Layout;
let command: readonly [string, ...string[]];
beforeEach(() => {
  folder = mkdtempSync('/tmp/ru-');
  where = layout(join(folder, 'b'), join(folder, 'r'));
  command = [
    '/usr/bin/env',
    `ROADIE_BASE=${where.base}`,
    `ROADIE_RUN=${where.run}`,
    node,
    '--disable-warning=ExperimentalWarning',
    program,
    'daemon',
    'run',
  ];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const upgrade = (warm: string) =>
  upgradeDaemon({ layout: where, warm: [warm], daemon: command, waiting: () => undefined });

describe('an upgrade of the daemon', () => {
  it('starts one where none runs, and has the next take over from it', async () => {
    const first = await upgrade('/bin/true');
    expect(first.before).toBeUndefined();
    const second = await upgrade('/bin/true');
    expect(second.before).toEqual(first.after);
    expect(second.after.pid).not.toBe(first.after.pid);
    expect(look(first.after.pid)?.dead ?? true).toBe(true);
    await ended(second.after.pid);
  });

  it('leaves the old one alone where the new program cannot be loaded', async () => {
    const { after } = await upgrade('/bin/true');
    await expect(upgrade('/bin/false')).rejects.toThrow(
      `This version of Roadie does not start; the daemon ${after.version} goes on`,
    );
    expect(await answers(where.socket)).toBe(true);
    expect(look(after.pid)?.dead).toBe(false);
    await ended(after.pid);
  });

  it('waits for the operation that runs', async () => {
    // A daemon that is busy for two answers, and then is not.
    const fake = join(folder, 'fake.mjs');
    writeFileSync(
      fake,
      `import { createServer } from 'node:http';
       let asked = 0;
       createServer((_request, response) => {
         asked += 1;
         const operation = asked > 1 && asked < 4 ? { operation: { kind: 'deploy' } } : {};
         response.end(JSON.stringify({ daemon: { pid: process.pid, version: '0.0.1', new_field: 1, ...operation } }));
       }).listen(process.argv[2]);`,
    );
    const { after } = await upgrade('/bin/true');
    await ended(after.pid);
    const old = spawn(node, [fake, where.socket], { stdio: 'ignore' });
    while (!(await answers(where.socket))) await new Promise((resolve) => setTimeout(resolve, 20));
    const waited: string[] = [];
    const { before, after: next } = await upgradeDaemon({
      layout: where,
      warm: ['/bin/true'],
      daemon: command,
      waiting: (operation) => waited.push(operation),
    });
    expect(waited).toEqual(['deploy']);
    expect(before).toEqual({ pid: old.pid, version: '0.0.1' });
    await ended(next.pid);
  });
});

describe("a daemon's start", () => {
  it('finishes an installation of packages that was cut short, so that the machine has its own policy again', async () => {
    requireRoot();
    const journal = packagesJournal(where.state);
    mkdirSync(where.state, { recursive: true });
    // Everything that is installed was there before: nothing is to be disabled.
    writeFileSync(journal, JSON.stringify([...(await installedPackages()).keys()]));
    const { after } = await upgrade('/bin/true');
    while (existsSync(journal)) await new Promise((resolve) => setTimeout(resolve, 50));
    const events = (): string => readFileSync(where.eventLog, 'utf8');
    while (!events().includes('cut short')) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(events()).toContain('An installation of packages that was cut short has been finished.');
    await ended(after.pid);
  });
});

/** Has a daemon end and waits for that. */
async function ended(pid: number): Promise<void> {
  signalProcess(pid, 'SIGTERM');
  while (look(pid)?.dead === false) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(existsSync(where.socket) && (await answers(where.socket))).toBe(false);
}
