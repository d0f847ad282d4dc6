import type { Problem } from '../../problems/problem.ts';
import type { RunResult } from '../processes/run.ts';

/** How long to wait for another apt or dpkg to end. */
export const lockSeconds = 300;

/** `apt-get install` for people: the line to run where Roadie may not. */
function installCommand(names: readonly string[]): string {
  return `sudo apt-get install --no-install-recommends ${names.join(' ')}`;
}

/** Problem `packages-missing`: without root, with the line that somebody with root must run. */
export function missingProblem(names: readonly string[]): Problem {
  return {
    code: 'packages-missing',
    summary: `${names.length === 1 ? 'A Debian package is' : `${names.length} Debian packages are`} missing, and only root can install ${names.length === 1 ? 'it' : 'them'}: ${names.join(', ')}`,
    cure: [`$ ${installCommand(names)}`, 'Then run the same command again.'],
  };
}

/** Problem `packages-failed`, with apt's own words and the cure for the reasons that are common. */
export function failureProblem(
  names: readonly string[],
  result: Pick<RunResult, 'stdout' | 'stderr' | 'code' | 'timedOut'>,
): Problem {
  const words = result.stderr
    .split('\n')
    .filter((line) => /^(E|W|Err|dpkg): ?/.test(line))
    .slice(-12)
    .join('\n');
  const all = `${result.stdout}\n${result.stderr}`;
  const again = 'Then run the same command again: what was installed stays.';
  const make = (summary: string, ...cure: [string, ...string[]]): Problem => ({
    code: 'packages-failed',
    summary,
    detail: words === '' ? result.stderr.trim().slice(-1500) : words,
    cure: [...cure, again],
  });
  if (/Could not get lock|is another process using it|Unable to acquire the dpkg frontend lock/.test(all)) {
    return make(
      `apt is in use by another program, and it did not finish within ${lockSeconds / 60} minutes`,
      'Wait until the other installation has ended (unattended-upgrades takes some minutes).',
      '$ ps -C apt,apt-get,dpkg,unattended-upgr -o pid,lstart,args',
    );
  }
  if (/No space left on device|don't have enough free space/.test(all))
    return make('There is no room on the disk for the packages', '$ apt-get clean', '$ df -h /');
  if (
    /Temporary failure resolving|Could not connect|Could not resolve|Connection timed out|Network is unreachable|Connection failed/.test(
      all,
    )
  ) {
    return make(
      'apt cannot reach the package servers',
      'Check the network and the names of the servers in /etc/apt/sources.list.',
      '$ apt-get update',
    );
  }
  const unknown = [
    ...all.matchAll(/Unable to locate package (\S+)|Package '?([^'\s]+)'? has no installation candidate/g),
  ].map((match) => match[1] ?? match[2] ?? '');
  if (unknown.length > 0)
    return make(
      `apt knows no package called ${unknown.join(', ')}`,
      'Check the name (Aptfile, roadie.toml), or add the repository that has it to /etc/apt/sources.list.d.',
      `$ apt-cache search ${unknown[0] ?? ''}`,
    );
  if (/dpkg was interrupted/.test(all)) return make('An earlier installation was interrupted', '$ dpkg --configure -a');
  if (/unmet dependencies|held broken packages/.test(all))
    return make(
      `apt cannot install ${names.join(', ')} beside what is installed or held back`,
      '$ apt-get --fix-broken install',
      `$ ${installCommand(names)}`,
    );
  return make(
    `apt-get ${result.timedOut ? 'did not end within 30 minutes' : `ended with ${result.code}`} when it installed ${names.join(', ')}`,
    `$ ${installCommand(names)}`,
  );
}

/** Problem `packages-failed`: apt believes that it has done its work. */
export function stillMissingProblem(names: readonly string[]): Problem {
  return {
    code: 'packages-failed',
    summary: `apt reported no error, and yet ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not installed`,
    cure: [`$ dpkg-query -W ${names.join(' ')}`, `$ ${installCommand(names)}`],
  };
}
