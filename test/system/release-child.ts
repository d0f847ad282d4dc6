import { buildRelease } from '../../src/build/build.ts';
import { makeSurroundings, makeInput, type Order } from './release-rig.ts';

/** Builds one release in a process of its own and prints an event per line, so that a test can kill it at a step of its choice. */
const order = JSON.parse(process.argv[2] ?? '{}') as Order;
await buildRelease(
  await makeInput(order),
  makeSurroundings(order.base, (event) => process.stdout.write(`${JSON.stringify(event)}\n`)),
);
