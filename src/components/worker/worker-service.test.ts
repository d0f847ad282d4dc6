import { describe, expect, it } from 'vitest';

import { samplePlace, sampleProbe, sampleRelease } from '../../../test/rig/samples.ts';
import { celeryBeatComponent } from '../celery-beat/index.ts';
import { celeryComponent } from '../celery/index.ts';
import { commandComponent } from '../command/index.ts';
import type { Component } from '../component.ts';
import { djangoTasksComponent } from '../django-tasks/index.ts';
import { dramatiqComponent } from '../dramatiq/index.ts';
import { hueyComponent } from '../huey/index.ts';
import { rqComponent } from '../rq/index.ts';
import { hasOption, type WorkersOptions, workersOptions } from './worker-service.ts';

function services(
  component: Component<WorkersOptions>,
  words: readonly string[],
  processes = 1,
  installedApps: readonly string[] = [],
) {
  const options = workersOptions.parse({ workers: [{ name: 'own', arguments: words, processes }] });
  return component.releaseServices(options, samplePlace(), sampleRelease({ probe: sampleProbe({ installedApps }) }));
}

const bin = sampleRelease().bin;

describe('workers', () => {
  it('RQ works on the queues that are named, scheduled jobs included', () => {
    const [spec] = services(rqComponent, ['high', 'default']);
    expect(spec?.command).toEqual([
      `${bin}/python`,
      '-m',
      'roadie_rq',
      `${sampleRelease().root}/manage.py`,
      'rqworker',
      '--with-scheduler',
      'high',
      'default',
    ]);
    expect(
      services(rqComponent, ['--with-scheduler'])[0]?.command.filter((word) => word === '--with-scheduler'),
    ).toHaveLength(1);
  });

  it('RQ gets longer to stop than a job may take', () => {
    expect(services(rqComponent, [])[0]?.stop).toEqual({ signal: 'SIGTERM', timeoutSeconds: 200 });
  });

  it('gets as long to stop as the owner says', () => {
    const options = workersOptions.parse({ workers: [{ name: 'own', arguments: ['sleep'], stopSeconds: 900 }] });
    const [spec] = commandComponent.releaseServices(options, samplePlace(), sampleRelease());
    expect(spec?.stop).toEqual({ signal: 'SIGTERM', timeoutSeconds: 900 });
  });

  it('Celery gets a process for each core unless the project says how many', () => {
    expect(services(celeryComponent, ['-A', 'forum', 'worker'])[0]?.command).toEqual([
      `${bin}/celery`,
      '-A',
      'forum',
      'worker',
      '--concurrency=2',
      '--loglevel=INFO',
      '--hostname=own@my-forum',
    ]);
    expect(services(celeryComponent, ['-A', 'forum', 'worker', '-c4', '-l', 'debug'])[0]?.command.slice(-3)).toEqual([
      '-l',
      'debug',
      '--hostname=own@my-forum',
    ]);
  });

  it('several processes of Celery have a name each, so that they can be asked apart', () => {
    const names = services(celeryComponent, ['-A', 'forum', 'worker'], 3).map(({ command }) => command.at(-1));
    expect(names).toEqual(['--hostname=own@my-forum', '--hostname=own-2@my-forum', '--hostname=own-3@my-forum']);
  });

  it('beat keeps its schedule in the data folder, or in the database where the project has that', () => {
    const schedule = '--schedule=/var/lib/roadie/sites/my-forum/data/celery/own-schedule';
    expect(services(celeryBeatComponent, ['-A', 'forum', 'beat'])[0]?.command).toContain(schedule);
    const inDatabase = services(celeryBeatComponent, ['-A', 'forum', 'beat'], 1, ['django_celery_beat'])[0]?.command;
    expect(inDatabase).toContain('--scheduler=django_celery_beat.schedulers:DatabaseScheduler');
    expect(inDatabase).not.toContain(schedule);
    expect(services(celeryBeatComponent, ['-A', 'forum', 'beat', '-S', 'own:Scheduler'])[0]?.command).not.toContain(
      schedule,
    );
  });

  it('huey is stopped by the signal that lets it finish, and of several one alone sends what is periodic', () => {
    const specs = services(hueyComponent, ['-w', '4'], 2);
    expect(specs.map(({ command }) => command.slice(2))).toEqual([
      ['run_huey', '-w', '4'],
      ['run_huey', '--no-periodic', '-w', '4'],
    ]);
    for (const { stop } of specs) expect(stop).toEqual({ signal: 'SIGINT', timeoutSeconds: 300 });
  });

  it("a queue's own program is the virtualenv's", () => {
    const options = workersOptions.parse({
      workers: [{ name: 'own', program: 'huey_consumer', arguments: ['site.huey'] }],
    });
    const [spec] = hueyComponent.releaseServices(options, samplePlace(), sampleRelease());
    expect(spec?.command).toEqual([`${bin}/huey_consumer`, 'site.huey']);
    expect(workersOptions.safeParse({ workers: [{ name: 'own', program: '../x' }] }).success).toBe(false);
  });

  it("Django's tasks are done from all queues unless the project names some", () => {
    expect(services(djangoTasksComponent, [])[0]?.command.slice(1)).toEqual([
      '-m',
      'roadie_db_worker',
      `${sampleRelease().root}/manage.py`,
      'db_worker',
      '--queue-name=*',
    ]);
    expect(services(djangoTasksComponent, ['--queue-name', 'mail'])[0]?.command).not.toContain('--queue-name=*');
  });

  it('Dramatiq has a process for each core unless the project says how many', () => {
    expect(services(dramatiqComponent, [])[0]?.command.at(-1)).toBe('--processes=2');
    expect(services(dramatiqComponent, ['-p4'])[0]?.command.at(-1)).toBe('-p4');
  });

  it('there is never more than one beat', () => {
    expect(services(celeryBeatComponent, ['-A', 'forum'], 5)).toHaveLength(1);
  });

  it('other programs are looked up in the virtualenv, then in the system, and run as often as wanted', () => {
    const specs = services(commandComponent, ['python', 'manage.py', 'send_mail'], 2);
    expect(specs.map(({ name }) => name)).toEqual(['own', 'own-2']);
    expect(specs[0]?.command).toEqual(['/usr/bin/env', '--', 'python', 'manage.py', 'send_mail']);
    expect(specs[0]?.environment['PATH']?.startsWith(`${bin}:`)).toBe(true);
    expect(services(commandComponent, [])).toEqual([]);
  });

  it('an option is seen in each way of writing it', () => {
    for (const words of [['-c', '4'], ['-c4'], ['--concurrency', '4'], ['--concurrency=4']])
      expect(hasOption(words, '-c', '--concurrency')).toBe(true);
    for (const words of [['--concurrency-x'], ['c'], ['--c']])
      expect(hasOption(words, '-c', '--concurrency')).toBe(false);
  });
});
