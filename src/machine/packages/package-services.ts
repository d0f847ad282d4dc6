import { link, rename, rm } from 'node:fs/promises';

import { exists, readText, writeAtomically } from '../files/files.ts';
import { run } from '../processes/run.ts';

/** Debian's maintainer scripts ask this program before they start a service; exit 101 forbids it. */
const policy = '/usr/sbin/policy-rc.d';
/** The administrator's own program, for as long as ours is in its place. */
const saved = '/usr/sbin/policy-rc.d.before-roadie';
const mark = '# Put here by Roadie while it installs packages; it is taken away when that is done.';

/** Keeps packages that are installed from now on from starting their services. Can be repeated. */
export async function holdServices(): Promise<void> {
  const present = await readText(policy);
  if (present?.includes(mark)) return;
  // A second name first, so that there is never a moment when the administrator's program exists nowhere.
  await rm(saved, { force: true });
  if (present !== undefined) await link(policy, saved);
  await writeAtomically(policy, `#!/bin/sh\n${mark}\nexit 101\n`, { mode: 0o755 });
}

/** Gives the machine its own policy back and then removes the journal that says that this is to do. */
export async function letServicesGo(journal: string): Promise<void> {
  const present = await readText(policy);
  if (present?.includes(mark)) {
    if (await exists(saved)) await rename(saved, policy);
    else await rm(policy, { force: true });
  } else {
    await rm(saved, { force: true });
  }
  await rm(journal, { force: true });
}

/**
 * Keeps the services of packages that were just installed from starting at the next boot: their units are disabled, as Roadie
 * runs the same programs itself. Only those that run at boot for all and do not run now; timers and what other units ask for stay.
 */
export async function disableUnitsOf(packages: readonly string[], log?: string): Promise<void> {
  if (packages.length === 0) return;
  const options = { timeoutSeconds: 60, ...(log !== undefined && { log }) };
  const { stdout: files } = await run(['dpkg-query', '-L', ...packages], options);
  const units =
    (await exists('/usr/bin/systemctl')) || (await exists('/bin/systemctl'))
      ? await bootUnits(files, async (path) => (await readText(path)) ?? '')
      : [];
  for (const unit of units) {
    const active = await run(['systemctl', 'is-active', '--quiet', unit], options);
    if (active.code !== 0) await run(['systemctl', 'disable', unit], options);
  }
  // Scripts of the older kind are started by other systems than systemd, and by systemd where there is no unit of that name.
  const scripts = (await exists('/usr/sbin/update-rc.d')) ? initScripts(files) : [];
  for (const script of scripts) await run(['update-rc.d', script, 'disable'], options);
}

/** From the files of packages: the names of scripts in /etc/init.d. */
function initScripts(files: string): readonly string[] {
  return [...files.matchAll(/^\/etc\/init\.d\/([A-Za-z0-9][\w.-]*)$/gm)].map((match) => match[1] ?? '');
}

/** From the files of packages: the services and sockets that start at boot for everybody (`WantedBy=multi-user.target`, `sockets.target`). */
export async function bootUnits(files: string, read: (path: string) => Promise<string>): Promise<readonly string[]> {
  const units: string[] = [];
  for (const path of files.split('\n')) {
    const match = /^(?:\/usr)?\/lib\/systemd\/system\/([^/@]+\.(?:service|socket))$/.exec(path);
    if (match?.[1] && /^WantedBy=.*\b(multi-user|sockets)\.target/m.test(await read(path))) units.push(match[1]);
  }
  return units;
}
