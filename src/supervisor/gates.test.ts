import { describe, expect, it } from 'vitest';

import { Gates } from './gates.ts';

const services = [
  { name: 'database', after: [] },
  { name: 'cache', after: ['database'] },
  { name: 'web', after: ['cache'] },
  { name: 'worker', after: ['database'] },
];

describe('gates', () => {
  it('stand open where there are none', async () => {
    expect(await new Gates(services, []).all).toBe(true);
  });

  it('let ahead what they wait for themselves', () => {
    const gates = new Gates(services, ['web']);
    expect(services.filter(({ name }) => gates.concern(name)).map(({ name }) => name)).toEqual([
      'database',
      'cache',
      'web',
    ]);
  });

  it('are open once all are, and have the others begin before they go on', async () => {
    const gates = new Gates(services, ['web', 'cache']);
    const order: string[] = [];
    void gates.all.then((open) => order.push(`the others: ${open}`));
    await gates.open('cache');
    expect(order).toEqual([]);
    await gates.open('web').then(() => order.push('the switch'));
    expect(order).toEqual(['the others: true', 'the switch']);
  });

  it('stay shut where one fails, whatever is said of it later', async () => {
    const gates = new Gates(services, ['web', 'cache']);
    gates.end('web', false);
    gates.end('web', true);
    gates.end('cache', true);
    expect(await gates.all).toBe(false);
  });
});
