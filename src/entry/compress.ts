import { compressFolder } from '../machine/files/compress.ts';
import { brotliQuality, isCompressible, isWorthwhile } from '../build/compressible.ts';

/** `compress-main.ts FOLDER [EARLIER]`: the program that compresses a release's static files, apart from the job for its memory's sake. */
const [folder, earlier] = process.argv.slice(2);
if (folder === undefined) throw new Error('compress-main.ts needs a folder');
// Whoever started this: what is written is for the group that the files are given to in the end.
process.umask(0o027);
const { compressed, reused, savedBytes } = await compressFolder(folder, earlier, {
  isCompressible,
  brotliQuality,
  isWorthwhile,
});
process.stdout.write(
  `${compressed} files compressed, ${reused} taken over, ${Math.round(savedBytes / 1024)} KB saved\n`,
);
