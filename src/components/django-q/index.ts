import { queueComponent } from '../worker/queue-component.ts';

/**
 * Django Q2's cluster, schedules included. Jobs that a crash cuts off come back from the database after `retry` seconds of
 * Q_CLUSTER; Redis gives them away for good (https://django-q2.readthedocs.io/en/master/brokers.html).
 */
export const djangoQComponent = queueComponent({
  name: 'django-q',
  title: 'Django Q2 cluster',
  about:
    "Runs the project's Django Q2 tasks and schedules; a stop lets all that the cluster has taken finish, and what a crash cuts off comes back after `retry` seconds where the broker is the database.",
  python: [
    {
      requirement: 'django-q2>=1.6',
      unless: ['django-q2', 'django-q'],
      because: 'the project uses django_q: undeclared, added',
    },
  ],
  command: 'qcluster',
  stopSeconds: 300,
});
