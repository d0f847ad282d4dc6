import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/*
 * Which folder of src may know which: arrows of imports, those of types included, run down this table and never back up. It is
 * checked by `npm run check`, and `npm run docs` writes it into docs/architecture.md.
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
    knows: ['problems', 'config', 'django', 'components'],
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
    knows: ['contract', 'machine'],
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
      'django',
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
  tuning: {
    about: 'which web servers and settings to try, and which to recommend',
    knows: ['problems', 'config', 'components', 'services', 'deploy'],
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
      'services',
      'tuning',
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

/** One import from a folder of src into another. */
export type Arrow = { readonly file: string; readonly imports: string; readonly from: string; readonly to: string };

/** All imports from one folder into another, those of types included; tests may know everything. `root`: absolute path of src. */
export function arrows(root: string): readonly Arrow[] {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.includes('/') && file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => {
      const from = file.split('/')[0] ?? '';
      const text = readFileSync(join(root, file), 'utf8');
      return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].flatMap(([, specifier = '']): readonly Arrow[] => {
        const target = relative(root, resolve(root, dirname(file), specifier));
        const to = target.split('/')[0] ?? '';
        return to === from || to === '..' ? [] : [{ file: `src/${file}`, imports: `src/${target}`, from, to }];
      });
    });
}

/** The imports that the table does not allow. */
export function breaches(found: readonly Arrow[]): readonly Arrow[] {
  return found.filter(({ from, to }) => layers[from]?.knows.includes(to) !== true);
}

/** What the table allows and nobody needs: `from → to`. */
export function unneeded(found: readonly Arrow[]): readonly string[] {
  const used = new Set(found.map(({ from, to }) => `${from} → ${to}`));
  return Object.entries(layers)
    .flatMap(([from, { knows }]) => knows.map((to) => `${from} → ${to}`))
    .filter((each) => !used.has(each));
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
  const found = arrows(join(import.meta.dirname, '../src'));
  const told = [
    ...breaches(found).map(({ file, imports, from, to }) => `${file} imports ${imports}: ${from} may not know ${to}`),
    ...unneeded(found).map((each) => `no import needs ${each}: it can go from scripts/layers.ts`),
  ];
  for (const line of told) process.stderr.write(`${line}\n`);
  process.exitCode = told.length > 0 ? 1 : 0;
}
