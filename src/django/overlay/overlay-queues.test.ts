import { describe, expect, test } from 'vitest';

import { sampleProbe, sampleRedis } from '../../../test/rig/samples.ts';
import type { Connection } from '../connection.ts';
import type { Probe, Purpose } from '../facts.ts';
import { queueOverrides } from './overlay-queues.ts';

function overrides(
  changes: Partial<Probe>,
  connections: readonly Connection[] = sampleRedis,
  chosen: readonly Purpose[] = [],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    queueOverrides(sampleProbe(changes), connections, new Set(chosen)).map(({ setting, value }) => [setting, value]),
  );
}

const url = 'unix:///run/roadie/blog/redis.sock?db=3';

describe('the brokers of task queues', () => {
  test("beside the project become the site's Redis, and keep their database and other options", () => {
    const queueSettings = {
      'HUEY.connection': 'redis://localhost:6379/3',
      'Q_CLUSTER.redis': 'redis://redis:6379/3',
      'DRAMATIQ_BROKER.OPTIONS': 'redis://127.0.0.1:6379/3',
    };
    expect(overrides({ queueSettings })).toEqual({
      'HUEY.connection': { without: expect.arrayContaining(['host', 'port', 'db', 'password']), merge: { url } },
      'Q_CLUSTER.redis': url,
      'DRAMATIQ_BROKER.OPTIONS': { without: expect.arrayContaining(['host']), merge: { url } },
    });
  });

  test('elsewhere are left alone, as is all where there is no Redis or the owner names one', () => {
    expect(overrides({ queueSettings: { 'HUEY.connection': 'redis://redis.example.org:6379/0' } })).toEqual({});
    expect(overrides({ queueSettings: { 'DRAMATIQ_BROKER.BROKER': 'amqp://mq.example.org' } })).toEqual({});
    const local = { 'HUEY.connection': 'redis://localhost:6379/0' };
    expect(overrides({ queueSettings: local }, [])).toEqual({});
    expect(overrides({ queueSettings: local }, sampleRedis, ['redis-url'])).toEqual({});
  });

  test('RabbitMQ beside the project is Redis as well, with the middleware that Dramatiq has by itself', () => {
    const ours = 'unix:///run/roadie/blog/redis.sock?db=0';
    expect(overrides({ queueSettings: { 'DRAMATIQ_BROKER.BROKER': 'amqp://guest@rabbitmq:5672' } })).toEqual({
      'DRAMATIQ_BROKER.BROKER': 'dramatiq.brokers.redis.RedisBroker',
      'DRAMATIQ_BROKER.OPTIONS': { url: ours },
    });
    expect(overrides({ queueSettings: { DRAMATIQ_BROKER: 'amqp://localhost' } })).toEqual({
      DRAMATIQ_BROKER: {
        BROKER: 'dramatiq.brokers.redis.RedisBroker',
        OPTIONS: { url: ours },
        MIDDLEWARE: expect.arrayContaining(['dramatiq.middleware.Retries']),
      },
    });
  });
});

test('tasks that are done at once because of DEBUG are done by their worker, and by choice stay as they are', () => {
  const immediateQueues = ['HUEY.immediate'];
  expect(overrides({ debug: true, immediateQueues }, [])).toEqual({ 'HUEY.immediate': false });
  expect(overrides({ debug: false, immediateQueues }, [])).toEqual({});
});
