import { posix } from 'node:path';

import { uncompiledCatalogues } from '../../django/read/translations.ts';
import { runTied } from '../../machine/processes/tied.ts';
import { walkTree } from '../../machine/files/tree.ts';
import { bareEnvironment } from '../../machine/processes/run.ts';
import { confinedBuild } from '../confined.ts';
import { type BuildContext, buildNice } from '../context.ts';
import { lastLines } from '../manage.ts';
import type { Step } from '../step.ts';

/** More files than any project has. */
const mostFiles = 200_000;

/** Arguments after the script: pairs of a catalogue and where its compiled form goes. What does not compile is said and left out. */
const compile =
  'code=0; while [ $# -gt 1 ]; do msgfmt --check-format -o "$2" "$1" || code=1; shift 2; done; exit $code';

/** What `compilemessages` would do, for catalogues without a compiled form: pages would be in no language but the code's. */
export const compileTranslations: Step<BuildContext> = {
  name: 'translations',
  title: 'Compile the translations',
  async run(context) {
    const { paths, builder, log, surroundings, place } = context;
    const catalogues = uncompiledCatalogues(await walkTree(paths.code, (name) => name === '.git', mostFiles));
    if (catalogues.length === 0) return { skipped: 'None are without their compiled form' };
    const files = catalogues.flatMap((file) => [file, file.replace(/\.po$/, '.mo')]);
    const result = await runTied(['/bin/sh', '-c', compile, 'compile', ...files], {
      directory: paths.code,
      environment: bareEnvironment,
      log,
      nice: buildNice,
      timeoutSeconds: 300,
      ...(builder && { user: builder }),
      ...confinedBuild(context),
    });
    if (result.code !== 0)
      surroundings.emit({
        type: 'note',
        level: 'warning',
        site: place.site,
        text: `Some translations could not be compiled, and their pages are in the code's language: ${lastLines(result.stderr, 3)}`,
      });
    return {
      detail: `${catalogues.length} ${catalogues.length === 1 ? 'catalogue' : 'catalogues'}, ${posix.dirname(catalogues[0] ?? '')}${catalogues.length === 1 ? '' : ' …'}`,
    };
  },
};
