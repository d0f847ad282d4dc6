import { describe, expect, it } from 'vitest';

import type { MigrationState } from '../../django/migrations/migrations.ts';
import type { NewEvent } from '../../contract/events.ts';
import type { BuildContext, BuildState } from '../context.ts';
import { reviewMigrations } from './migrations.ts';

const applied = ['shop.0001_initial'];

/** What the step leaves, where Django answers this and the live release was built when these were applied. */
async function review(
  answer: Partial<MigrationState> | undefined,
  before: readonly string[] | undefined = applied,
): Promise<{ readonly state: BuildState; readonly events: readonly NewEvent[] }> {
  const found = answer && {
    applied,
    pending: [],
    risks: [],
    hooks: false,
    unmade: [],
    bare: [],
    changed: [],
    extensions: [],
    ...answer,
  };
  const never = (): Promise<never> => Promise.reject(new Error('not asked'));
  const events: NewEvent[] = [];
  const state: BuildState = {
    questions: {
      probe: never,
      staticSources: never,
      check: never,
      stop: never,
      migrations: () => Promise.resolve(found),
    },
  };
  const context = {
    state,
    previous: before && { migrations: { applied: before, risks: [] } },
    place: { site: 'shop' },
    surroundings: { emit: (event: NewEvent) => events.push(event) },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the step looks at nothing else
  await reviewMigrations.run(context as unknown as BuildContext);
  return { state, events };
}

describe('the review of migrations', () => {
  it('finds nothing to migrate where the live release has seen all of them through', async () => {
    expect((await review({})).state.migrated).toBe(true);
  });

  it.each<[string, Partial<MigrationState> | undefined, readonly string[] | undefined]>([
    ['one is pending', { pending: ['shop.0002_price'] }, applied],
    ["somebody besides Django waits for migrate's signals", { hooks: true }, applied],
    ['one was applied by a build that did not end', { applied: [...applied, 'shop.0002_price'] }, applied],
    ['nobody knows how far the live release got', {}, undefined],
    ['Django could not tell', undefined, applied],
  ])('leaves it to migrate where %s', async (_, answer, before) => {
    const { state } = await review(answer, before ?? []);
    expect(state.migrated ?? false).toBe(false);
  });

  it('warns of what the running release cannot live with', async () => {
    const risk = {
      migration: 'shop.0002_price',
      operation: 'Remove field price from good',
      kind: 'removed',
      subject: 'shop.Good.price',
    } as const;
    const { events } = await review({ pending: ['shop.0002_price'], risks: [risk] });
    expect(events).toMatchObject([
      { type: 'note', level: 'warning', text: expect.stringContaining('shop.Good.price') },
    ]);
  });
});
