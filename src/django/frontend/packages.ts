import { baseName, below, folderOf, isAside } from '../read/paths.ts';
import type { ProjectScan } from '../read/scan.ts';

/** A package.json of the project, as far as a build is concerned. */
export type NodePackage = {
  /** Its folder, relative to the project's; `.` for the top. */
  readonly folder: string;
  readonly file: string;
  /** Commands by name. */
  readonly scripts: Readonly<Record<string, string>>;
  /** `engines.node`: a range that it demands. */
  readonly engine?: string;
  /** `volta.node`: a version that its authors use. */
  readonly volta?: string;
  /** `pnpm@9.1.0`, without the hash behind it. */
  readonly packageManager?: string;
  /** Versions or ranges by name, those for development as well. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** The names of those that are not for development alone. */
  readonly needed: readonly string[];
  readonly workspaces: boolean;
};

/** The project's packages of Node, those nearest to the top first. What is no valid JSON is none, and neither are those of examples. */
export function nodePackages(scan: Pick<ProjectScan, 'texts'>): readonly NodePackage[] {
  return Object.entries(scan.texts).flatMap(([file, text]) => {
    if (baseName(file) !== 'package.json' || isAside(file)) return [];
    const found = parse(text);
    if (!found) return [];
    const engine = text1(record(found['engines'])['node']);
    const volta = text1(record(found['volta'])['node']);
    const packageManager = text1(found['packageManager'])?.split('+')[0];
    return [
      {
        folder: folderOf(file),
        file,
        scripts: texts(found['scripts']),
        ...(engine !== undefined && { engine }),
        ...(volta !== undefined && { volta }),
        ...(packageManager !== undefined && { packageManager }),
        dependencies: { ...texts(found['devDependencies']), ...texts(found['dependencies']) },
        needed: Object.keys(texts(found['dependencies'])),
        workspaces: found['workspaces'] !== undefined,
      },
    ];
  });
}

/** The folders from one of the project's up to its top, the folder itself first. */
export function upwards(folder: string): readonly string[] {
  const found = [folder];
  for (let at = folder; at !== '.';) found.push((at = folderOf(at)));
  return found;
}

/** What stands at a path, relative to a folder of the project. */
export function isIn(folder: string, path: string): boolean {
  return folder === '.' || path === folder || path.startsWith(`${below(folder, '.')}/`);
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return record(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function text1(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function texts(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(record(value)).flatMap(([name, one]) => (typeof one === 'string' ? [[name, one] as const] : [])),
  );
}
