import { resolve } from 'node:path';

import { codePathPattern, ownFileBytes } from '../../contract/names.ts';
import type { JobResults } from '../../contract/results.ts';
import { describeFile, readBytes } from '../../machine/files/files.ts';
import { ProblemError } from '../../problems/problem.ts';
import { command } from '../command.ts';
import { siteNamed } from '../sites.ts';
import { requireSource, sourceOf } from '../source.ts';
import { harmless } from '../views/text.ts';
import { runJob } from '../watch-job.ts';

const wait = { kind: 'flag', about: 'wait for an operation that runs already, instead of refusing' } as const;
const site = { about: 'name of the site', presence: 'required', completes: 'site' } as const;
const inCode = { about: "path in the project's code", presence: 'required' } as const;

export const filePut = command({
  name: 'file put',
  group: 'Working in a site',
  about: 'Give a site a file of your own, such as local_settings.py, which goes into each of its releases',
  details:
    "For what the project needs and its repository does not have: configuration.py, certificates. It is kept in the site's data,\nreadable by the site alone, and takes the place of what the project has at PATH. A site that is live gets a new release with\nit, without refusing a request; where that fails, all stays as it was. What was there before is in the trash for a week.\nWith --source it is kept for a site that is not there yet: `roadie up SOURCE --name SITE` makes it, with the file.",
  arguments: { site, path: inCode, file: { about: 'the file to take', presence: 'required', completes: 'path' } },
  options: {
    source: {
      kind: 'text',
      value: 'SOURCE',
      about: 'folder or repository of a site that is not there yet',
      completes: 'path',
    },
    wait,
  },
  examples: [
    {
      command: 'roadie file put boards boards/local_settings.py local_settings.py',
      about: 'settings that are not committed',
    },
    { command: 'roadie file put boards certs/ca.pem /etc/ssl/ca.pem', about: 'a certificate beside manage.py' },
    {
      command: 'roadie file put boards boards/local_settings.py mine.py --source https://github.com/you/boards.git',
      about: 'before its first `up`',
    },
  ],
  run: async (context, input) => {
    const { path } = input.arguments;
    checkPath(path);
    const content = await contentOf(resolve(context.env.cwd, input.arguments.file));
    const source = input.options.source === undefined ? undefined : sourceOf(input.options.source, context.env.cwd);
    if (source !== undefined) await requireSource(source);
    return runJob(
      context,
      { kind: 'file-put', site: input.arguments.site, path, content, ...(source !== undefined && { source }) },
      input.options.wait,
      (result) => {
        context.say(changeView(`${harmless(path)} is kept`, result));
        return 0;
      },
    );
  },
});

export const fileRemove = command({
  name: 'file remove',
  group: 'Working in a site',
  about: 'Take a file of your own back that `file put` has given to a site',
  details:
    'What the project has at PATH, or makes of an example, comes back in its place. The file is in the trash for a week.',
  arguments: { site, path: inCode },
  options: { wait },
  examples: [
    { command: 'roadie file remove boards certs/ca.pem', about: 'with a new release that refuses no request' },
  ],
  run: async (context, input) => {
    const { path } = input.arguments;
    checkPath(path);
    return runJob(context, { kind: 'file-remove', site: input.arguments.site, path }, input.options.wait, (result) => {
      context.say(changeView(`${harmless(path)} is removed`, result));
      return 0;
    });
  },
});

export const fileList = command({
  name: 'file list',
  group: 'Working in a site',
  about: "List the files of your own that go into a site's releases",
  details:
    'Those that were given with `file put`, and those that were made from an example. With --json: {"site","folder","files":[{"path","bytes","changed"}]}.',
  arguments: { site },
  options: {},
  examples: [{ command: 'roadie file list boards', about: 'for people' }],
  run: async (context, input) => {
    const client = await context.client();
    await siteNamed(client, input.arguments.site);
    const found = await client.files(input.arguments.site);
    context.emit(found);
    context.say(
      found.files.length === 0
        ? `${found.site} has no files of your own.`
        : [
            ...found.files.map(({ path, bytes, changed }) => `${harmless(path)}  ${bytes} bytes, ${changed}`),
            context.style.dim(`They are kept in ${found.folder}`),
          ].join('\n'),
    );
    return 0;
  },
});

function checkPath(path: string): void {
  if (codePathPattern.test(path)) return;
  throw new ProblemError({
    code: 'bad-arguments',
    summary: `'${harmless(path).slice(0, 100)}' is no path in the code`,
    cure: ['Give it relative to the folder that the project is taken from, without `..`: `package/local_settings.py`.'],
  });
}

/** In base64. */
async function contentOf(file: string): Promise<string> {
  const found = await describeFile(file);
  const isSmall = found?.kind === 'file' && found.size <= ownFileBytes;
  const content = isSmall ? await readBytes(file) : undefined;
  if (content && content.length <= ownFileBytes) return Buffer.from(content).toString('base64');
  const why =
    found === undefined
      ? 'is not there'
      : found.kind === 'file'
        ? `has more than ${ownFileBytes / 1024} KB`
        : `is a ${found.kind}`;
  throw new ProblemError({
    code: 'bad-arguments',
    summary: `${file} ${why}`,
    where: { file },
    cure: ['Give the path of a file that can be read, and no link. What is larger is data, and no part of the code.'],
  });
}

function changeView(what: string, result: JobResults['file-put']): string {
  if (!result.changed) return `Nothing to change: ${result.site} has it that way already.`;
  const live = result.restarted ? 'and a new release with that is live' : 'and the next release has it so';
  return `${what}, ${live}.${result.trash === null ? '' : `\nWhat was there before: ${result.trash}`}`;
}
