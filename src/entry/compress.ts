import { chooseEffort, isCompressible, isWorthwhile } from '../build/compressible.ts';
import { compressFolder } from '../machine/files/compress.ts';

/** How often it says how far it has come, in seconds. */
const sayEverySeconds = 15;

/**
 * `compress.ts CORES SECONDS FOLDER [EARLIER …]`: the program that compresses a release's static files, apart from the job for its
 * memory's sake. It should be done after SECONDS by the clock. The last line that it prints is what it has done, each one before says
 * how far it has come.
 */
const [cores, seconds, folder, ...earlier] = process.argv.slice(2);
if (folder === undefined) throw new Error('compress.ts needs cores, seconds and a folder');
const threads = Number(cores);
// Whoever started this: what is written is for the group that the files are given to in the end.
process.umask(0o027);
let said = performance.now();
const onProgress = (done: number, all: number): void => {
  if (performance.now() - said < sayEverySeconds * 1000) return;
  said = performance.now();
  process.stdout.write(`${done} of ${all} files\n`);
};
const { compressed, reused, savedBytes } = await compressFolder(
  folder,
  // One more than there are cores: while it reads and writes, others compute.
  { earlier, threads: threads + 1, onProgress },
  { isCompressible, isWorthwhile, effort: (sizes) => chooseEffort(sizes, Number(seconds) * threads) },
);
process.stdout.write(
  `${compressed} files compressed, ${reused} taken over, ${Math.round(savedBytes / 1024)} KB saved\n`,
);
