import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

const python = fileURLToPath(new URL('../../../python', import.meta.url));
const ours = 'redis+socket:///run/roadie/shop/redis/redis.sock?virtual_host=0';

/** What `roadie_celery` makes of addresses, as brokers and as result backends. */
function led(urls: readonly string[]): readonly (readonly [string, string])[] {
  const program = `import json, sys
sys.path.insert(0, sys.argv[1])
import roadie_celery as ours
print(json.dumps([[ours.led(url, sys.argv[2]), ours.led(url, sys.argv[2], ours._BACKENDS)] for url in json.loads(sys.argv[3])]))`;
  const out = execFileSync('python3', ['-B', '-c', program, python, ours, JSON.stringify(urls)]);
  return JSON.parse(out.toString()) as [string, string][];
}

test('an address beside the project becomes the site’s own, with the number of its database', () => {
  const found = led([
    'redis://redis:6379/0',
    'redis://:secret@localhost:6379/3',
    'rediss://127.0.0.1',
    'redis://[::1]:6379/2?ssl=1',
    'amqp://guest:guest@rabbitmq:5672//',
    'redis://a:1/0;redis://b:1/0',
  ]);
  expect(found.map(([broker]) => broker)).toEqual(
    [0, 3, 0, 2, 0, 0].map((number) => ours.replace(/0$/, String(number))),
  );
});

test('all others are the owner’s choice', () => {
  const urls = [
    'redis://cache.example.org:6379/0',
    'amqp://user@mq.example.org//',
    ours,
    'memory://',
    'filesystem://',
    'sentinel://localhost:26379',
    'redis://a:1/0;redis://mq.example.org/0',
    '',
  ];
  expect(led(urls)).toEqual(urls.map((url) => [url, url]));
});

test('results that come back by another way go on that way', () => {
  const urls = ['rpc://', 'django-db', 'cache+memcached://127.0.0.1:11211', 'db+sqlite:///results.db'];
  expect(led(urls).map(([, backend]) => backend)).toEqual(urls);
});
