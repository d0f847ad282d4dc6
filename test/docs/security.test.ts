import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { areas } from '../../bench/attacks/areas.ts';
import type { Attack, Outcome } from '../../bench/attacks/attack.ts';
import { areaPart, withCount, withPart } from '../../bench/attacks/report.ts';
import { home } from './pages.ts';

const text = readFileSync(join(home, 'docs/security.md'), 'utf8');

describe('docs/security.md', () => {
  test.each(areas({ rounds: 50 }).map((area) => ({ id: area.id, area })))(
    'tells what came of each attack of $id, and of no other',
    ({ area }) => {
      const part = new RegExp(`<!-- ${area.id} begin -->([^]*)<!-- ${area.id} end -->`).exec(text)?.[1] ?? '';
      const told = part.split('\n').flatMap((line) => /^\| (?!Attack \|)([^|]+) \| /.exec(line)?.[1] ?? []);
      expect(told.map((name) => name.trim())).toEqual(area.attacks.map(({ name }) => name));
    },
  );
});

describe('the page of attacks', () => {
  const attack: Attack = {
    name: 'a | pipe',
    who: 'visitor',
    how: 'asked\ntwice',
    promise: 'nothing',
    run: () => Promise.resolve({ notRun: '' }),
  };
  const empty = '# Security\n<!-- count -->\nnothing yet\n<!-- attacks begin -->\n<!-- attacks end -->\n';

  test('has each area once, whatever was run before, and counts what is in it', () => {
    const ids = ['one', 'two'];
    const put = (page: string, id: string, outcome: Outcome): string =>
      withPart(page, id, areaPart({ id, title: id }, [{ attack, outcome }], 'today'), ids);
    const first = put(put(empty, 'two', { notRun: 'no kernel' }), 'one', { held: false, saw: 'a <b>' });
    const third = withCount(put(first, 'one', { held: true, saw: 'all 400' }));
    expect(third).toContain('| a \\| pipe | visitor | asked twice | nothing | held | all 400 |');
    expect(third).not.toContain('&lt;b>');
    expect(third).toContain('2 attacks: 1 held, 0 did not, 1 were not run.');
    expect(third.indexOf('### one')).toBeLessThan(third.indexOf('### two'));
  });
});
