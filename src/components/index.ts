import { celeryBeatComponent } from './celery-beat.ts';
import { celeryComponent } from './celery.ts';
import { commandComponent } from './command.ts';
import type { Component } from './component.ts';
import { gunicornComponent } from './gunicorn.ts';
import { nginxComponent } from './nginx.ts';
import { postgresqlComponent } from './postgresql.ts';
import { redisComponent } from './redis.ts';
import { rqComponent } from './rq.ts';
import { sqliteComponent } from './sqlite.ts';
import { uvicornComponent } from './uvicorn.ts';

/**
 * Every kind of software that Roadie can run, in the order of dependence: what others stand on comes first. A new one is a
 * file beside this one and a line here.
 */
export const allComponents: readonly Component[] = [
  postgresqlComponent,
  sqliteComponent,
  redisComponent,
  gunicornComponent,
  uvicornComponent,
  rqComponent,
  celeryComponent,
  celeryBeatComponent,
  commandComponent,
  nginxComponent,
];

/** The component of a name; undefined where there is none. */
export function findComponent(name: string): Component | undefined {
  return allComponents.find((each) => each.name === name);
}
