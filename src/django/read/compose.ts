import { forDevelopers } from './dockerfile.ts';
import { baseName, below, folderOf, isAside, isCompose, isComposeName } from './paths.ts';
import type { ProjectScan } from './scan.ts';
import { entriesOf, member, readYaml, textOf, type YamlValue } from './yaml.ts';

/** A program that Docker Compose starts: `words` where it is a list, else text for a shell. */
export type ComposeProgram = {
  readonly key: 'command' | 'entrypoint';
  readonly service: string;
  readonly file: string;
  readonly line: number;
  /** The line on which the text begins. */
  readonly start: number;
  readonly words?: readonly string[];
  readonly text: string;
};

/** A service of a Compose file, with what it takes over by `extends` and merge keys. */
export type ComposeService = {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** As it is where nobody sets Compose's own variables. */
  readonly image: { readonly text: string; readonly line: number } | undefined;
  /** Whether it is built from the project. */
  readonly built: boolean;
  readonly programs: readonly ComposeProgram[];
  /** What its `environment` says; undefined for what is taken over from the shell that starts Compose. */
  readonly environment: ReadonlyMap<string, { readonly value: string | undefined; readonly line: number }>;
  /** Paths of its `env_file`, relative to the project. */
  readonly environmentFiles: readonly string[];
};

type Texts = Readonly<Record<string, string>>;

/** What the Compose file for production starts, in its order. */
export function composePrograms(scan: Pick<ProjectScan, 'texts'>): readonly ComposeProgram[] {
  const [file] = Object.keys(scan.texts)
    .filter((each) => isComposeName(each) && !isAside(each) && !forDevelopers(each))
    .toSorted(
      (left, right) =>
        Number(/prod/.test(baseName(right))) - Number(/prod/.test(baseName(left))) || left.length - right.length,
    );
  return file === undefined ? [] : composeServices(scan.texts, file).flatMap(({ programs }) => programs);
}

/** The services of all documents of a Compose file; none where it cannot be read. https://docs.docker.com/reference/compose-file/ */
export function composeServices(texts: Texts, file: string): readonly ComposeService[] {
  const read = readYaml(texts[file] ?? '');
  const documents = read.kind === 'read' ? read.documents : [];
  const services = new Map(documents.flatMap((document) => entriesOf(member(document, 'services'))));
  return [...services].flatMap(([name, value]) =>
    value.kind === 'map' ? [serviceOf(name, file, value.line, extended(name, services, []))] : [],
  );
}

/** The services of all Compose files that are for running, rather than for developing or testing. */
export function servicesToRun(texts: Texts): readonly ComposeService[] {
  return Object.keys(texts)
    .filter((file) => isCompose(file))
    .flatMap((file) => composeServices(texts, file));
}

/** The members of a service over those of the one that it extends, in the same file. `environment` is put together, all else replaced. */
function extended(
  name: string,
  services: ReadonlyMap<string, YamlValue>,
  under: readonly string[],
): ReadonlyMap<string, YamlValue> {
  const value = services.get(name);
  if (value?.kind !== 'map') return new Map();
  const extending = value.members.get('extends');
  const base = textOf(extending) ?? (member(extending, 'file') ? undefined : textOf(member(extending, 'service')));
  if (base === undefined || base === name || under.includes(base)) return value.members;
  const taken = extended(base, services, [...under, name]);
  const members = new Map([...taken, ...value.members]);
  const environment = [taken.get('environment'), value.members.get('environment')].filter((each) => each !== undefined);
  return environment.length < 2
    ? members
    : members.set('environment', { kind: 'list', line: value.line, items: environment });
}

function serviceOf(name: string, file: string, line: number, members: ReadonlyMap<string, YamlValue>): ComposeService {
  const image = members.get('image');
  const text = textOf(image);
  return {
    name,
    file,
    line,
    image: text === undefined || !image ? undefined : { text: withDefaults(text), line: image.line },
    built: members.has('build'),
    programs: [...members].flatMap(([key, value]) =>
      key === 'command' || key === 'entrypoint' ? programOf(key, name, file, value) : [],
    ),
    environment: new Map(variables(members.get('environment'))),
    environmentFiles: environmentFiles(members.get('env_file'), file),
  };
}

function programOf(
  key: ComposeProgram['key'],
  service: string,
  file: string,
  value: YamlValue,
): readonly ComposeProgram[] {
  const said = { key, service, file, line: value.line };
  if (value.kind === 'list') {
    const words = value.items.map((item) => plain(textOf(item) ?? ''));
    return [{ ...said, start: value.line, words, text: words.join(' ') }];
  }
  // Neither sets nothing: what is empty is the image's own with its entrypoint cleared, and null as if it were not there.
  const text = plain(textOf(value) ?? '').trim();
  return text === '' || value.kind !== 'text' ? [] : [{ ...said, start: value.start, text }];
}

type Variable = readonly [name: string, said: { readonly value: string | undefined; readonly line: number }];

/** `environment` as a mapping, as a list of `NAME=value`, or as several of both. */
function variables(value: YamlValue | undefined): readonly Variable[] {
  if (value?.kind === 'map')
    return [...value.members].map(([name, said]): Variable => [
      name,
      { value: textOf(said) === undefined ? undefined : withDefaults(textOf(said) ?? ''), line: said.line },
    ]);
  if (value?.kind !== 'list') return [];
  return value.items.flatMap((item): readonly Variable[] => {
    if (item.kind !== 'text') return variables(item);
    const at = item.text.indexOf('=');
    return at < 0
      ? [[item.text, { value: undefined, line: item.line }]]
      : [[item.text.slice(0, at), { value: withDefaults(item.text.slice(at + 1)), line: item.line }]];
  });
}

/** A path, a list of them, or of mappings with `path`. */
function environmentFiles(value: YamlValue | undefined, file: string): readonly string[] {
  const all = value?.kind === 'list' ? value.items : value ? [value] : [];
  return all.flatMap((each) => {
    const path = textOf(each) ?? textOf(member(each, 'path'));
    return path === undefined || path.startsWith('/') ? [] : [below(folderOf(file), withDefaults(path))];
  });
}

/** Compose's own variables are written with one dollar sign, those for the container with two. */
function plain(text: string): string {
  return text.replaceAll('$$', '$');
}

/** `${NAME:-default}` and `${NAME-default}` as they are where nobody sets NAME; without a default they stay as they stand. */
function withDefaults(text: string): string {
  return plain(text.replaceAll(/\$\{\w+:?-([^{}]*)\}/g, '$1'));
}
