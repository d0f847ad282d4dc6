import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { composeInput } from '../../../test/rig/compose-input.ts';
import { renderCompose } from './render.ts';

const project = fileURLToPath(new URL('../../../test/golden/django/celery-factory/project', import.meta.url));

describe('the overlay of an exported site', () => {
  it('leads Celery to the Redis beside it, unless the owner has chosen a broker', async () => {
    const distributions = { django: '5.2.1', celery: '5.5.0', redis: '5.2.0' };
    const overlay = async (config: Readonly<Record<string, string>>): Promise<unknown> => {
      const input = await composeInput(project, {
        site: 'notes',
        config: { environment: config },
        probe: { distributions },
      });
      return JSON.parse(renderCompose(input).find(({ path }) => path === 'overlay.json')?.content ?? '');
    };
    expect(await overlay({})).toMatchObject({ celery: { url: expect.stringMatching(/^redis:\/\/redis:6379/) } });
    expect(await overlay({ CELERY_BROKER_URL: 'amqp://broker.example.org//' })).not.toHaveProperty('celery');
  });
});
