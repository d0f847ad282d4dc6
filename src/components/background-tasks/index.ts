import { queueComponent } from '../worker/queue-component.ts';

/** The worker of django-background-tasks: https://pypi.org/project/django-background-tasks/ */
export const backgroundTasksComponent = queueComponent({
  name: 'background-tasks',
  title: 'Worker of django-background-tasks',
  about:
    "Runs the project's tasks of django-background-tasks; a stop lets the one that runs finish, and what a crash cuts off is put back.",
  python: [
    {
      requirement: 'django-background-tasks>=1.2.8',
      unless: ['django-background-tasks', 'django-background-tasks-updated', 'django4-background-tasks'],
      because: 'the project uses background_task: undeclared, added',
    },
  ],
  command: 'process_tasks',
  starter: 'roadie_process_tasks',
  stopSeconds: 300,
});
