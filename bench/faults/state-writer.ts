import { StateFile } from '../../src/machine/files/state-file.ts';
import type { Written } from './torn.ts';

/* Writes state until it is killed, and says each number once it is written. */
const file = new StateFile<Written>(process.argv[2] ?? '');
for (let number = ((await file.read())?.number ?? 0) + 1; ; number += 1) {
  await file.write({ number, texts: Array.from({ length: 2000 }, () => String(number)) });
  process.stdout.write(`${number}\n`);
}
