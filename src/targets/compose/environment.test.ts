import { describe, expect, it } from 'vitest';

import { buildBlueprint } from '../../blueprint/build-blueprint.ts';
import type { EnvironmentName } from '../../django/facts.ts';
import { must } from '../../problems/problem.ts';
import { fact, sampleFacts } from '../../../test/rig/samples.ts';
import { containerEnvironment } from './environment.ts';
import { containerPlace } from './place.ts';

const secrets = { 'secret-key': 'canary-key', 'database-password': 'canary-password' };

function variable(name: string, purpose: EnvironmentName['purpose'], required = true): EnvironmentName {
  return { name, purpose, required, where: { file: 'settings.py', line: 1 } };
}

function environmentOf(given: {
  readonly environment?: readonly EnvironmentName[];
  readonly config?: Readonly<Record<string, string>>;
  readonly owner?: Readonly<Record<string, string>>;
  readonly live?: Readonly<Record<string, string>>;
}) {
  const facts = sampleFacts({ database: fact('postgresql'), redis: fact(true), environment: given.environment ?? [] });
  const blueprint = must(
    buildBlueprint({
      site: 'boards',
      source: { kind: 'folder', path: '/srv/project', revision: 'r' },
      facts,
      config: given.config ? { environment: given.config } : {},
      ownerEnvironment: given.owner ?? {},
    }),
  );
  const place = containerPlace({
    site: 'boards',
    domains: ['boards.example.org'],
    machine: { cores: 2, memoryBytes: 2 ** 31 },
    secrets: Object.keys(secrets),
  });
  return containerEnvironment({ blueprint, place, secrets, owner: given.owner ?? {}, live: given.live ?? {} });
}

describe('the environment in containers', () => {
  it('has references in the place of secrets, within addresses as well', () => {
    const { environment, values } = environmentOf({
      environment: [
        variable('SECRET_KEY', 'secret-key'),
        variable('DATABASE_URL', 'database-url'),
        variable('REDIS_URL', 'redis-url'),
      ],
    });
    expect(environment).toEqual({
      DJANGO_SETTINGS_MODULE: 'forum.settings',
      SECRET_KEY: '{{secret:secret-key}}',
      DATABASE_URL: 'postgresql://boards:{{secret:database-password}}@postgresql:5432/boards',
      REDIS_URL: 'redis://redis:6379',
    });
    expect(values['DATABASE_URL']).toBe('postgresql://boards:canary-password@postgresql:5432/boards');
  });

  it('keeps what is made from a secret in a file of its own, never as something that can be made again from the reference', () => {
    const { environment, secrets: own } = environmentOf({ environment: [variable('PASSWORD_SALT', 'other')] });
    expect(environment['PASSWORD_SALT']).toBe('{{secret:PASSWORD_SALT}}');
    expect(own['PASSWORD_SALT']).toMatch(/^[0-9a-f]{64}$/);
    expect(own).not.toEqual(environmentOf({ environment: [variable('OTHER_SALT', 'other')] }).secrets);
  });

  it('takes what the owner has set for secret, and what the config says for open', () => {
    const { environment, secrets: own } = environmentOf({ config: { LEVEL: 'INFO' }, owner: { API_KEY: 'canary' } });
    expect(environment).toMatchObject({ LEVEL: 'INFO', API_KEY: '{{secret:API_KEY}}' });
    expect(own).toEqual({ API_KEY: 'canary' });
  });

  it('knows the variables that turned out to be needed only when Django was asked', () => {
    const { environment, secrets: own } = environmentOf({
      live: { DATABASE_PASSWORD: 'x', ODD: 'canary-odd', STATIC_ROOT: '/var/lib/roadie/x' },
    });
    expect(environment).toMatchObject({
      DATABASE_PASSWORD: '{{secret:database-password}}',
      STATIC_ROOT: '/srv/current/static',
      ODD: '{{secret:ODD}}',
    });
    expect(own).toEqual({ ODD: 'canary-odd' });
  });
});
