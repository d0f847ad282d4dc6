import { describe, expect, it } from 'vitest';

import type { NewEvent } from '../contract/events.ts';
import { ProblemError } from '../problems/problem.ts';
import { runSteps, type Step } from './step.ts';

type Diary = { readonly lines: string[] };

const step = (name: string, more: Partial<Step<Diary>> = {}): Step<Diary> => ({
  name,
  title: `Do ${name}`,
  async run({ lines }) {
    lines.push(`run ${name}`);
    return undefined;
  },
  async undo({ lines }) {
    lines.push(`undo ${name}`);
  },
  ...more,
});

async function play(steps: readonly Step<Diary>[], signal?: AbortSignal) {
  const lines: string[] = [];
  const events: NewEvent[] = [];
  const error = await runSteps(
    steps,
    { lines },
    { job: 'j1', site: 'shop', emit: (event) => events.push(event), log: '/log', signal },
  ).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { lines, events, error };
}

const boom = new ProblemError({ code: 'migration-failed', summary: 'The migration failed', cure: ['Fix it.'] });
const failing = step('c', {
  run: async ({ lines }) => {
    lines.push('run c');
    throw boom;
  },
});

describe('a pipeline', () => {
  it('runs its steps in order and tells of each with its time and log', async () => {
    const { lines, events, error } = await play([
      step('a'),
      step('b', { run: async () => ({ skipped: 'not needed' }) }),
    ]);
    expect(error).toBeUndefined();
    expect(lines).toEqual(['run a']);
    expect(
      events.map((event) => [event.type, 'step' in event && event.step, 'outcome' in event && event.outcome]),
    ).toEqual([
      ['step-started', 'a', false],
      ['step-finished', 'a', 'done'],
      ['step-started', 'b', false],
      ['step-finished', 'b', 'skipped'],
    ]);
    expect(events[0]).toMatchObject({ job: 'j1', site: 'shop', title: 'Do a', log: '/log' });
    expect(events[3]).toMatchObject({ detail: 'not needed' });
  });

  it('undoes in reverse where a step fails, that step first, and later ones never run', async () => {
    const { lines, events, error } = await play([step('a'), step('b'), failing, step('d')]);
    expect(lines).toEqual(['run a', 'run b', 'run c', 'undo c', 'undo b', 'undo a']);
    expect(error).toBe(boom);
    expect(events.at(-1)).toMatchObject({
      type: 'step-finished',
      step: 'c',
      outcome: 'failed',
      detail: 'The migration failed',
    });
  });

  it('goes on undoing and keeps the first error where an undo fails', async () => {
    const broken = step('b', {
      undo: async () => {
        throw new Error('disk gone');
      },
    });
    const { lines, events, error } = await play([step('a'), broken, failing]);
    expect(lines.at(-1)).toBe('undo a');
    expect(error).toBe(boom);
    expect(events.at(-1)).toMatchObject({
      type: 'note',
      level: 'warning',
      text: 'Do b: could not be undone: disk gone',
    });
  });

  it('starts no step after it was told to stop, and undoes', async () => {
    const control = new AbortController();
    const stopping = step('b', {
      run: async () => {
        control.abort();
        return undefined;
      },
    });
    const { lines, error } = await play([step('a'), stopping, step('c')], control.signal);
    expect(lines).toEqual(['run a', 'undo c', 'undo b', 'undo a']);
    expect(error).toMatchObject({ name: 'AbortError' });
  });
});
