import { joinCommand } from '../../config/command-line.ts';
import type { Evidence, Fact, WorkerFact } from '../facts.ts';
import { composePrograms } from './compose.ts';
import { baseName, folderOf, isAside } from './paths.ts';
import { plainCommand, readProcfile } from './procfile.ts';
import type { ProjectScan } from './scan.ts';
import { startedPrograms, untold } from './started-program.ts';
import { nameOf, workersOf } from './worker-command.ts';

/** The workers that a project's Procfile names. */
export function procfileWorkers(scan: ProjectScan): readonly Fact<WorkerFact>[] {
  const file =
    Object.keys(scan.texts).find((one) => one === 'Procfile') ??
    Object.keys(scan.texts).find((one) => baseName(one) === 'Procfile' && !isAside(one));
  if (file === undefined) return [];
  return readProcfile(scan.texts[file] ?? '')
    .filter((line) => !/^(web|release|postdeploy|console|dev)$/.test(line.name))
    .flatMap((line) =>
      startedWorkers(line.name, line.command, plainCommand(line.command), scan, {
        says: `${line.name} in ${file}:${line.line}`,
        where: { file, line: line.line },
      }),
    );
}

/** Those of systemd's units, supervisord's programs and uwsgi's daemons in the repository. */
export function unitWorkers(scan: ProjectScan): readonly Fact<WorkerFact>[] {
  const found = Object.entries(scan.texts).flatMap(([file, raw]) => {
    const read = isAside(file) ? undefined : reader(file);
    if (!read) return [];
    // A backslash continues a line; a character of no meaning keeps the numbers of lines.
    const text = raw.replaceAll('\\\n', ' \u{E000}');
    return read(text, file).flatMap(({ name, command, index, processes, stopSeconds }) => {
      const whole = command.replaceAll('\u{E000}', '');
      const words = ownWords(plainCommand(whole), scan);
      const line = text.slice(0, index).split(/\n|\u{E000}/u).length;
      const because = { says: `${file}:${line}`, where: { file, line } };
      return startedWorkers(name ?? nameOf(words), whole, words, scan, because).map((one) => ({
        because: one.because,
        value: {
          ...one.value,
          // Two clocks would send everything twice.
          ...(processes !== undefined && one.value.kind !== 'celery-beat' && { processes }),
          ...(stopSeconds !== undefined && { stopSeconds }),
        },
      }));
    });
  });
  return once(found);
}

/** Of programs with equal words the first alone counts: there may be a folder of units for each environment. */
function once(workers: readonly Fact<WorkerFact>[]): readonly Fact<WorkerFact>[] {
  const same = ({ value }: Fact<WorkerFact>): string => JSON.stringify([value.kind, value.program, value.arguments]);
  return workers.filter((one, index) => workers.findIndex((other) => same(other) === same(one)) === index);
}

type Entry = {
  readonly name?: string;
  readonly command: string;
  /** Where in the text. */
  readonly index: number;
  readonly processes?: number;
  readonly stopSeconds?: number;
};

function reader(file: string): ((text: string, file: string) => readonly Entry[]) | undefined {
  if (file.endsWith('.service')) return systemdUnit;
  if (/(^|\/)supervisord?[^/]*\.(conf|ini)$|(^|\/)supervisord?(\.d)?\/([^/]+\/)?[^/]+\.(conf|ini)$/.test(file))
    return supervisorPrograms;
  return /uwsgi[^/]*\.ini$/.test(file) ? uwsgiDaemons : undefined;
}

/** https://www.freedesktop.org/software/systemd/man/systemd.service.html */
function systemdUnit(text: string, file: string): readonly Entry[] {
  const seconds = Number(/^TimeoutStopSec\s*=\s*(\d+)s?\s*$/m.exec(text)?.[1] ?? 0);
  // Those that run once or by a timer are none, nor those that are started for a name that only their owner knows.
  if (/^ExecStart\s*=.*%[iI]/m.test(text)) return [];
  if (/^Type\s*=\s*oneshot\s*$/m.test(text)) return [];
  const name = baseName(file).replace(/@?\.service$/, '');
  return [...text.matchAll(/^ExecStart\s*=\s*[-@!+:|]*(.+)$/gm)].map((match) => ({
    name,
    command: match[1] ?? '',
    index: match.index,
    ...(seconds > 0 && { stopSeconds: seconds }),
  }));
}

/** http://supervisord.org/configuration.html#program-x-section-settings */
function supervisorPrograms(text: string): readonly Entry[] {
  return [...text.matchAll(/^\[program:([^\]\s]+)\]([^[]*(?:\n(?!\[)[^\n]*)*)/gm)].flatMap((section) => {
    const [whole, name = '', body = ''] = section;
    const value = (key: string): RegExpExecArray | null =>
      new RegExp(`^${key}\\s*=[ \\t]*(.+?)(?:\\s+;.*)?$`, 'm').exec(body);
    const command = value('command');
    if (!command?.[1] || /^false$/i.test(value('autostart')?.[1] ?? '')) return [];
    const processes = Number(value('numprocs')?.[1]);
    const seconds = Number(value('stopwaitsecs')?.[1]);
    return [
      {
        name,
        command: command[1],
        index: section.index + whole.length - body.length + command.index,
        ...(processes > 1 && processes <= 100 && { processes }),
        ...(seconds > 0 && { stopSeconds: seconds }),
      },
    ];
  });
}

function uwsgiDaemons(text: string): readonly Entry[] {
  return [...text.matchAll(/^(?:smart-)?attach-daemon2?\s*=\s*(?:.*cmd=)?(.+)$/gm)].map((match) => ({
    command: match[1] ?? '',
    index: match.index,
  }));
}

/** A command as it stands in a release: its virtualenv's programs by name, the project's own files from the folder with manage.py. */
function ownWords(words: readonly string[], scan: ProjectScan): readonly string[] {
  return words.map((word, index) => {
    if (!word.startsWith('/')) return word;
    const root = folderOf(scan.manage[0]?.file ?? 'manage.py');
    const inside = scan.files.find((file) => word.endsWith(`/${file}`));
    if (inside === undefined && index === 0 && /\/bin\/[^/]+$/.test(word) && !/^\/(usr\/(local\/)?)?bin\//.test(word))
      return baseName(word);
    return inside === undefined ? word : root === '.' ? inside : inside.replace(`${root}/`, '');
  });
}

/** The workers that Docker Compose runs from the project's own image: what manage.py and the queues' programs do. */
export function composeWorkers(scan: ProjectScan): readonly Fact<WorkerFact>[] {
  const programs = composePrograms(scan);
  const said = programs.filter(
    ({ key, service }) =>
      key === 'command' || !programs.some((other) => other.key === 'command' && other.service === service),
  );
  return said.flatMap(({ service, file, line, words: list, text }) => {
    const command = list ? joinCommand(list) : text;
    const words = ownWords(plainCommand(command), scan);
    const because = { says: `${file}:${line}`, where: { file, line } };
    const name = service === '' ? nameOf(words) : service;
    // What is of another image is not the project's: its own programs and queues alone are believed.
    const own = words.some(
      (word, index) => /(^|\/)manage\.py$/.test(word) || (word === 'manage' && words[index - 1] === '-m'),
    );
    return startedWorkers(name, command, words, scan, because).filter(({ value }) =>
      value.kind.startsWith('celery') ? hasApplication(value, scan) : own || value.kind !== 'command',
    );
  });
}

/** Celery without an application, on its command line and in the code, is a program of another image. */
function hasApplication({ program, arguments: words }: WorkerFact, scan: ProjectScan): boolean {
  return scan.celery.length > 0 || program !== undefined || words.some((word) => /^(?:-A|--app)/.test(word));
}

/**
 * The workers of a command with these words. Where it is a script or a shell's text, what it starts in the end decides what it is:
 * nothing to run beside the web server, or a queue's worker; a program of its own runs as it is written.
 */
function startedWorkers(
  name: string,
  command: string,
  words: readonly string[],
  scan: ProjectScan,
  because: Evidence,
): readonly Fact<WorkerFact>[] {
  const programs = startedPrograms(command, scan).map((one) => ownWords(one, scan));
  const found = programs.map((one) => workersOf(name, one, because));
  if (found.length > 0 && found.every((one) => one.length === 0)) return [];
  const [only = []] = found;
  const told = found.length === 1 && !programs.flat().some((word) => word.includes(untold));
  return told && only.every((one) => one.value.kind !== 'command') ? only : workersOf(name, words, because);
}
