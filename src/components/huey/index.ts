import { queueComponent } from '../worker/queue-component.ts';
import { hasOption } from '../worker/worker-service.ts';

/**
 * huey's consumer. A job is taken out of its storage when it begins: what a kill or a power cut interrupts is lost, and huey has
 * nothing against that (https://huey.readthedocs.io/en/latest/consumer.html#consumer-shutdown).
 */
export const hueyComponent = queueComponent({
  name: 'huey',
  title: 'huey consumer',
  about:
    "Runs the project's huey tasks, periodic ones included; a stop lets what runs finish, and what a crash cuts off is lost, as huey has it.",
  python: [{ requirement: 'huey>=2.4', unless: ['huey'], because: 'the project uses huey: undeclared, added' }],
  command: 'run_huey',
  stopSeconds: 300,
  // SIGTERM would interrupt what runs.
  stopSignal: 'SIGINT',
  // Two schedulers would send everything twice.
  extra: (given, index) => (index > 0 && !hasOption(given, '-n', '--no-periodic') ? ['--no-periodic'] : []),
});
