import { queueComponent } from '../worker/queue-component.ts';
import { hasOption } from '../worker/worker-service.ts';

/** django-rq's worker on the project's queues. */
export const rqComponent = queueComponent({
  name: 'rq',
  title: 'RQ worker',
  about: "Runs the project's RQ jobs (django-rq), scheduled ones included, from all of its queues.",
  python: [
    { requirement: 'django-rq>=2.10', unless: ['django-rq'], because: 'the project uses django_rq: undeclared, added' },
  ],
  command: 'rqworker',
  starter: 'roadie_rq',
  // A little more than RQ's own limit for a job, 180 s: what runs is finished. What is cut off all the same is put back.
  stopSeconds: 200,
  // Without it jobs that are to run later never run; of several workers one holds the schedule.
  extra: (given) => (hasOption(given, '--with-scheduler') ? [] : ['--with-scheduler']),
});
