import { posix } from 'node:path';

import { readText, writeAtomically } from '../../machine/files/files.ts';
import { linkMissing } from '../../machine/files/tree.ts';
import type { BuildContext } from '../context.ts';
import type { Step } from '../step.ts';
import { sealStatic } from './hand-over.ts';

/** Names with a hash of their content in them, as ManifestStaticFilesStorage makes them; and what was compressed beforehand. */
const hashedName = /\.[0-9a-f]{12}\.[^/]+$/;

/**
 * Keeps the live release's hashed files available: a page that was opened before the switch asks for them after it. Only those
 * that were its own, so that what has gone stays for one release and not for ever.
 */
export const carryStatic: Step<BuildContext> = {
  name: 'carry',
  title: 'Keep the static files of open pages',
  async run(context) {
    const { paths, previous, state } = context;
    const before = previous && posix.join(previous.folder, 'static');
    if (state.static?.folder !== paths.static) return { skipped: 'There are none in the release' };
    // What was compressed is root's alone so far; what comes from earlier releases was perhaps given to everybody.
    if (before === undefined || before === paths.static) {
      sealStatic(context);
      return { skipped: 'There is no earlier release' };
    }
    const old = new Set(lines(await readText(posix.join(before, '..', carriedFile))));
    const linked = await linkMissing(before, paths.static, (name) => hashedName.test(name) && !old.has(name));
    sealStatic(context);
    // Files taken over whole from the live release bring those that it had carried itself.
    const carried = state.staticReused === true ? [...old, ...linked] : linked;
    await writeAtomically(posix.join(paths.folder, carriedFile), carried.map((name) => `${name}\n`).join(''), {
      mode: 0o600,
    });
    return linked.length === 0 ? { skipped: 'All are there' } : { detail: `${linked.length} files` };
  },
};

/** Beside `static` in a release: which of its files are another release's. */
const carriedFile = 'carried.txt';

function lines(text: string | undefined): readonly string[] {
  return (text ?? '').split('\n').filter((line) => line !== '');
}
