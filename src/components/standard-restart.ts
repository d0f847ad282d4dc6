import type { RestartPolicy } from '../services/restart-policy.ts';

/**
 * At once after a good run; else 0.1 s, doubling to 30 s. A run counts as good from the second that
 * supervisord and PM2 ask for as well, and only if it had become ready: what dies while it boots always backs off.
 */
export const standardRestart: RestartPolicy = {
  firstDelaySeconds: 0,
  initialDelaySeconds: 0.1,
  factor: 2,
  maxDelaySeconds: 30,
  stableSeconds: 1,
};
