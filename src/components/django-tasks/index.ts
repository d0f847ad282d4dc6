import { queueComponent } from '../worker/queue-component.ts';
import { hasOption } from '../worker/worker-service.ts';

/** The worker of Django's own tasks framework on its backend in the database: https://pypi.org/project/django-tasks-db/ */
export const djangoTasksComponent = queueComponent({
  name: 'django-tasks',
  title: "Worker of Django's tasks",
  about:
    "Runs the tasks of Django's own framework (django.tasks, django-tasks) that are kept in the database, from all queues; what a crash cuts off is put back.",
  python: [
    {
      requirement: 'django-tasks-db',
      unless: ['django-tasks-db', 'django-tasks'],
      because: 'the project keeps its tasks in the database: undeclared, added',
    },
  ],
  command: 'db_worker',
  starter: 'roadie_db_worker',
  stopSeconds: 300,
  // By itself it would leave all other queues than `default` alone.
  extra: (given) => (hasOption(given, '--queue-name') ? [] : ['--queue-name=*']),
});
