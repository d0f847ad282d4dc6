import type { AnyCommand } from '../command.ts';
import { ca } from './ca.ts';
import { check } from './check.ts';
import { completeCommand } from './complete.ts';
import { completion } from './completion.ts';
import { daemonInstall, daemonRun, daemonStart, daemonStatus, daemonStop, daemonUpgrade } from './daemon.ts';
import { deployKey, deployToken } from './deploy-key.ts';
import { deploy } from './deploy.ts';
import { down } from './down.ts';
import { envList, envSet, envUnset } from './env.ts';
import { events } from './events.ts';
import { exportCompose } from './export.ts';
import { fileList, filePut, fileRemove } from './file.ts';
import { inspect } from './inspect.ts';
import { logs } from './logs.ts';
import { plan } from './plan.ts';
import { receive } from './receive.ts';
import { releases } from './releases.ts';
import { remote } from './remote.ts';
import { restart } from './restart.ts';
import { rollback } from './rollback.ts';
import { run } from './run.ts';
import { shell } from './shell.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { stop } from './stop.ts';
import { trust } from './trust.ts';
import { tune } from './tune.ts';
import { up } from './up.ts';
import { version } from './version.ts';
import { webhook } from './webhook.ts';

const listed: readonly AnyCommand[] = [
  up,
  deploy,
  rollback,
  webhook,
  remote,
  deployKey,
  deployToken,
  receive,
  exportCompose,
  plan,
  start,
  stop,
  restart,
  down,
  status,
  logs,
  events,
  releases,
  check,
  inspect,
  run,
  shell,
  tune,
  envSet,
  envUnset,
  envList,
  filePut,
  fileRemove,
  fileList,
  daemonStart,
  daemonStop,
  daemonStatus,
  daemonUpgrade,
  daemonInstall,
  daemonRun,
  ca,
  trust,
  completion,
  version,
];

/** All commands, in the order of the help. A new command is one file here and one word above. */
export const commands: readonly AnyCommand[] = [...listed, completeCommand(listed)];
