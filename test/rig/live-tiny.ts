import { rm } from 'node:fs/promises';

import { Box, requireRoot } from './box.ts';
import { TinyProject } from './tiny-project.ts';

/** A tiny project that is live in a box of its own. */
export type LiveTiny = {
  readonly box: Box;
  readonly project: TinyProject;
  readonly site: string;
  readonly domain: string;
  /** Takes all of it away. */
  close(): Promise<void>;
};

/** Brings a project up whose front page says `word`. Needs root. */
export async function liveTiny(word: string): Promise<LiveTiny> {
  requireRoot();
  const box = await Box.open();
  const site = box.name('tiny');
  const project = await TinyProject.make(word);
  const close = async (): Promise<void> => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  };
  const ran = await box.up(project.folder, site, '--yes');
  if (ran.code === 0) return { box, project, site, domain: `${site}.localhost`, close };
  await close();
  throw new Error(ran.all);
}
