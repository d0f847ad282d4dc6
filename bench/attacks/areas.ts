import { apiArea } from './api.ts';
import type { Area } from './attack.ts';
import { betweenSitesArea } from './between-sites.ts';
import { bombsArea } from './bombs.ts';
import { buildArea } from './build.ts';
import { configArea } from './config.ts';
import { filesArea } from './files.ts';
import { gitArea } from './git.ts';
import { headersArea } from './headers.ts';
import { httpArea } from './http.ts';
import { listeningArea } from './listening.ts';
import { schemasArea } from './schemas.ts';
import { secretsArea } from './secrets.ts';
import { servedArea } from './served.ts';
import { survivorsArea } from './survivors.ts';
import { tlsArea } from './tls.ts';
import { vetoArea } from './veto.ts';
import { webhookArea } from './webhook.ts';

export type Choice = {
  /** Deploys during which the race of the build is run. */
  readonly rounds: number;
};

/** Everything, in the order in which it is run. What can leave a site in disorder comes late. */
export function areas({ rounds }: Choice): readonly Area[] {
  return [
    gitArea,
    filesArea,
    httpArea,
    tlsArea,
    headersArea,
    configArea,
    apiArea,
    schemasArea,
    webhookArea,
    secretsArea,
    betweenSitesArea,
    servedArea,
    vetoArea,
    survivorsArea,
    listeningArea,
    bombsArea,
    buildArea(rounds),
  ];
}
