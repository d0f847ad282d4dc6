import { queueProcesses } from '../capacity.ts';
import { queueComponent } from '../worker/queue-component.ts';
import { hasOption } from '../worker/worker-service.ts';

/**
 * Dramatiq's workers, as django-dramatiq starts them. A job is acknowledged when it is done: others take over what a worker
 * was cut off in once it has not been heard of for a minute (https://dramatiq.io/reference.html#dramatiq.brokers.redis.RedisBroker).
 */
export const dramatiqComponent = queueComponent({
  name: 'dramatiq',
  title: 'Dramatiq workers',
  about:
    "Runs the project's Dramatiq actors (django-dramatiq), a process for each core; what a crash cuts off is run again about a minute later.",
  python: [
    {
      requirement: 'django-dramatiq>=0.11',
      unless: ['django-dramatiq'],
      because: 'the project uses django_dramatiq: undeclared, added',
    },
  ],
  command: 'rundramatiq',
  stopSeconds: 300,
  extra: (given, _index, place) =>
    hasOption(given, '-p', '--processes') ? [] : [`--processes=${queueProcesses(place.machine)}`],
});
