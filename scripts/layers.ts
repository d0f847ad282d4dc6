import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/*
 * Which folder of src may know which: arrows of imports, those of types included, run down this table and never back up. It is
 * checked by `npm run lint`, and `npm run docs` writes it into docs/architecture.md.
 */
export const layers: Readonly<Record<string, { readonly about: string; readonly knows: readonly string[] }>> = {
  problems: { about: 'expected failures: the type, the catalogue, the text of their pages', knows: [] },
  contract: { about: 'what command line and daemon say to each other; runs in a browser', knows: ['problems'] },
  services: { about: 'types that name services, sockets and their policies', knows: [] },
  config: { about: '`roadie.toml` → config, every mistake at once', knows: ['problems'] },
  django: { about: 'a project → facts; the environment and the overlay it gets', knows: ['problems', 'config'] },
  components: {
    about: 'every kind of software that Roadie can run, a folder each, as data',
    knows: ['problems', 'config', 'django', 'services'],
  },
  blueprint: {
    about: 'config and facts → everything that a site needs',
    knows: ['problems', 'config', 'django', 'components', 'services'],
  },
  plan: { about: 'what is wanted and what is there → the ordered changes', knows: [] },
  machine: {
    about: 'the only folder that touches the operating system',
    knows: ['problems', 'contract', 'services'],
  },
  supervisor: {
    about: 'the life of a process as a pure function, and what carries out its effects',
    knows: ['problems', 'contract', 'services', 'machine'],
  },
  schedule: {
    about: 'what the daemon does by the clock: which tasks, when each is due, and what runs them',
    knows: ['problems', 'contract', 'machine'],
  },
  certificates: { about: 'HTTPS: authorities, keys, renewal', knows: ['problems', 'machine'] },
  sites: {
    about: 'what Roadie remembers of a site: record, store, releases, secrets',
    knows: ['problems', 'contract', 'services', 'django', 'blueprint', 'machine'],
  },
  source: {
    about: 'where code comes from: folders, repositories, webhooks',
    knows: ['problems', 'config', 'django', 'blueprint', 'services', 'machine', 'sites'],
  },
  build: {
    about: 'code → an immutable release',
    knows: ['problems', 'contract', 'services', 'django', 'components', 'blueprint', 'machine', 'sites', 'source'],
  },
  targets: {
    about: 'what a site can ask of a place (`target.ts`), and the places: a machine',
    knows: [
      'problems',
      'contract',
      'services',
      'components',
      'blueprint',
      'plan',
      'machine',
      'certificates',
      'sites',
      'build',
    ],
  },
  deploy: {
    about: 'the story of a deploy: build, gate, switch, watch, and the way back',
    knows: [
      'problems',
      'contract',
      'services',
      'django',
      'components',
      'blueprint',
      'plan',
      'machine',
      'supervisor',
      'schedule',
      'sites',
      'targets',
    ],
  },
  daemon: {
    about: 'supervises and answers; loads nothing else',
    knows: [
      'problems',
      'contract',
      'services',
      'components',
      'blueprint',
      'machine',
      'supervisor',
      'schedule',
      'certificates',
      'sites',
      'source',
      'deploy',
    ],
  },
  jobs: {
    about: 'one operation each, in a process that ends',
    knows: [
      'problems',
      'contract',
      'services',
      'config',
      'django',
      'components',
      'blueprint',
      'plan',
      'machine',
      'certificates',
      'sites',
      'source',
      'build',
      'targets',
      'deploy',
      'supervisor',
    ],
  },
  cli: {
    about: 'what a person types and sees',
    knows: ['problems', 'contract', 'config', 'django', 'machine', 'sites', 'source', 'blueprint'],
  },
  entry: {
    about: 'what each process is given: command line, daemon, job, compression',
    knows: ['problems', 'machine', 'certificates', 'build', 'daemon', 'jobs', 'cli'],
  },
};

/** One import that no rule allows: `src/a/b.ts` and the folder that it may not know. */
export type Breach = { readonly file: string; readonly imports: string; readonly folder: string };

/** All imports of the source that the table does not allow. Tests may know everything. `root`: absolute path of src. */
export function breaches(root: string): readonly Breach[] {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => {
      const own = file.split('/')[0] ?? '';
      if (own === file) return [];
      const text = readFileSync(join(root, file), 'utf8');
      return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].flatMap(([, specifier = '']): readonly Breach[] => {
        const target = relative(root, resolve(root, dirname(file), specifier));
        const folder = target.split('/')[0] ?? '';
        if (folder === own || folder === '..') return [];
        return layers[own]?.knows.includes(folder) ? [] : [{ file: `src/${file}`, imports: `src/${target}`, folder }];
      });
    });
}

/** The folders in whose order every arrow runs to one that stands before; throws where the table has a circle. */
export function ordered(table: typeof layers = layers): readonly string[] {
  const done: string[] = [];
  const names = Object.keys(table);
  while (done.length < names.length) {
    const next = names.find((name) => !done.includes(name) && table[name]?.knows.every((each) => done.includes(each)));
    if (next === undefined)
      throw new Error(`a circle among ${names.filter((name) => !done.includes(name)).join(', ')}`);
    done.push(next);
  }
  return done;
}

/** The table as Markdown, each folder after those that it may know. */
export function layersTable(): string {
  const rows = ordered().map((name) => {
    const knows = layers[name]?.knows.map((each) => `\`${each}\``).join(' ') ?? '';
    return `| \`${name}\` | ${layers[name]?.about ?? ''} | ${knows || '–'} |`;
  });
  return ['| `src/` | holds | may know |', '|---|---|---|', ...rows].join('\n');
}

if (process.argv[1] === import.meta.filename) {
  ordered();
  const found = breaches(join(import.meta.dirname, '../src'));
  for (const { file, imports, folder } of found)
    process.stderr.write(`${file} imports ${imports}: ${file.split('/')[1]} may not know ${folder}\n`);
  process.exitCode = found.length > 0 ? 1 : 0;
}
