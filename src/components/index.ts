import { apacheComponent } from './apache/index.ts';
import { backgroundTasksComponent } from './background-tasks/index.ts';
import { celeryBeatComponent } from './celery-beat/index.ts';
import { celeryComponent } from './celery/index.ts';
import { commandComponent } from './command/index.ts';
import type { Component } from './component.ts';
import { daphneComponent } from './daphne/index.ts';
import { djangoQComponent } from './django-q/index.ts';
import { djangoTasksComponent } from './django-tasks/index.ts';
import { dramatiqComponent } from './dramatiq/index.ts';
import { granianComponent } from './granian/index.ts';
import { gunicornComponent } from './gunicorn/index.ts';
import { hueyComponent } from './huey/index.ts';
import { hypercornComponent } from './hypercorn/index.ts';
import { mariadbComponent } from './mariadb/index.ts';
import { memcachedComponent } from './memcached/index.ts';
import { nginxComponent } from './nginx/index.ts';
import { postgresqlComponent } from './postgresql/index.ts';
import { redisComponent } from './redis/index.ts';
import { rqComponent } from './rq/index.ts';
import { sqliteComponent } from './sqlite/index.ts';
import { uvicornComponent } from './uvicorn/index.ts';
import { uwsgiComponent } from './uwsgi/index.ts';

/**
 * Every kind of software that Roadie can run, in the order of dependence: what others stand on comes first. A new one is a
 * file beside this one and a line here.
 */
export const allComponents: readonly Component[] = [
  postgresqlComponent,
  mariadbComponent,
  sqliteComponent,
  redisComponent,
  memcachedComponent,
  gunicornComponent,
  uvicornComponent,
  uwsgiComponent,
  granianComponent,
  hypercornComponent,
  daphneComponent,
  rqComponent,
  celeryComponent,
  celeryBeatComponent,
  hueyComponent,
  djangoQComponent,
  dramatiqComponent,
  djangoTasksComponent,
  backgroundTasksComponent,
  commandComponent,
  nginxComponent,
  apacheComponent,
];

/** The component of a name; undefined where there is none. */
export function findComponent(name: string): Component | undefined {
  return allComponents.find((each) => each.name === name);
}
