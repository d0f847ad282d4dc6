import { describe, expect, it } from 'vitest';

import { samplePlace, sampleProbe, sampleRelease } from '../../../test/rig/samples.ts';
import type { ReleaseView } from '../component.ts';
import { gunicornComponent } from '../gunicorn/index.ts';
import { uvicornComponent } from '../uvicorn/index.ts';
import { webOptions } from './web-service.ts';

function gunicorn(options: object = {}, release: Partial<ReleaseView> = {}) {
  const [spec] = gunicornComponent.releaseServices(webOptions.parse(options), samplePlace(), sampleRelease(release));
  if (!spec) throw new Error('no service');
  return spec;
}

function withEnvironment(environment: Readonly<Record<string, string>>) {
  return gunicorn({}, { environment }).command.find((word) => word.startsWith('--workers='));
}

describe('Gunicorn', () => {
  it('takes the number of processes from the config, then WEB_CONCURRENCY, then the machine', () => {
    expect(gunicorn({ workers: 7 }, { environment: { WEB_CONCURRENCY: '3' } }).command).toContain('--workers=7');
    expect(withEnvironment({ WEB_CONCURRENCY: '6' })).toBe('--workers=6');
    expect(withEnvironment({})).toBe('--workers=3');
  });

  it.each(['', '0', '-1', 'many', '3; rm', '99999'])('does not believe WEB_CONCURRENCY=%s', (value) => {
    expect(withEnvironment({ WEB_CONCURRENCY: value })).toBe('--workers=3');
  });

  it.each([
    ['20.1.0', false],
    ['23.0.0', false],
    ['25.0.3', false],
    ['25.1.0', true],
    ['27.0.1', true],
  ])('version %s is told to open no control socket: %s', (version, told) => {
    const { command } = gunicorn({}, { probe: sampleProbe({ distributions: { gunicorn: version } }) });
    expect(command.includes('--no-control-socket')).toBe(told);
  });

  it("is given Roadie's configuration, which takes over what is harmless of the project's and of the owner's", () => {
    const spec = gunicorn({}, { environment: { GUNICORN_CMD_ARGS: '--reuse-port', GUNICORN_FD: '9' } });
    expect(spec.command).toContain('--config=python:roadie_gunicorn');
    expect(spec.environment).toMatchObject({ ROADIE_GUNICORN_ARGUMENTS: '--reuse-port' });
    expect(Object.keys(spec.environment).filter((name) => name.startsWith('GUNICORN_'))).toEqual([]);
    expect(gunicorn().environment).not.toHaveProperty('ROADIE_GUNICORN_ARGUMENTS');
    const [named] = gunicornComponent.releaseServices(
      gunicornComponent.options.parse({ configFile: '../deploy/server.py' }),
      samplePlace(),
      sampleRelease(),
    );
    expect(named?.environment).toMatchObject({ ROADIE_GUNICORN_CONFIG: '../deploy/server.py' });
  });

  it('is asked for what visitors come to first', () => {
    const pages = (loginPath: string | null | undefined, healthPath = '/health/'): unknown =>
      gunicorn({}, { healthPath, probe: sampleProbe(loginPath === undefined ? {} : { loginPath }) }).readiness.pages;
    expect(pages('/accounts/login/')).toEqual(['/', '/accounts/login/']);
    expect(pages('/')).toEqual(['/']);
    expect(pages(null, '/')).toEqual([]);
    expect(pages(undefined)).toEqual(['/']);
  });

  it('is asked for its health as a visitor asks', () => {
    expect(gunicorn().readiness.probe).toEqual({
      kind: 'http',
      socket: '/run/roadie/my-forum/web/web.sock',
      path: '/health/',
      host: 'forum.example.org',
      headers: { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '127.0.0.1' },
    });
    const place = samplePlace({ ports: { http: 8080, https: 8443 } });
    const [spec] = gunicornComponent.releaseServices(webOptions.parse({}), place, sampleRelease());
    expect(spec?.readiness.probe).toMatchObject({ host: 'forum.example.org:8443' });
  });

  it("gives its socket to the site's user and NGINX alone", () => {
    expect(gunicorn().sockets).toEqual([
      { kind: 'unix', path: '/run/roadie/my-forum/web/web.sock', mode: 0o660, uid: 990, gid: 33 },
    ]);
  });

  it('gives a request its whole time before a stop becomes a kill', () => {
    const spec = gunicorn({ timeoutSeconds: 90 });
    expect(spec.command).toContain('--graceful-timeout=90');
    expect(spec.stop.timeoutSeconds).toBeGreaterThan(90);
  });

  it("puts the virtualenv first and lets the owner's variables win", () => {
    const { environment } = gunicorn({}, { environment: { PYTHONUNBUFFERED: '0', PATH: '/opt/bin' } });
    expect(environment).toMatchObject({
      PYTHONUNBUFFERED: '0',
      PATH: `${sampleRelease().bin}:/opt/bin`,
      ROADIE_APPLICATION: 'forum.wsgi:application',
    });
  });
});

describe('Uvicorn', () => {
  it('runs the ASGI application on the socket that it is handed, a process for each core', () => {
    const application = { kind: 'asgi', module: 'forum.asgi', name: 'application' } as const;
    const [spec] = uvicornComponent.releaseServices(
      webOptions.parse({}),
      samplePlace(),
      sampleRelease({ application }),
    );
    expect(spec?.command.slice(1)).toEqual([
      '--fd=3',
      '--workers=2',
      '--timeout-graceful-shutdown=30',
      '--proxy-headers',
      '--forwarded-allow-ips=*',
      '--no-access-log',
      'forum.asgi:application',
    ]);
    expect(spec?.passing).toBe('listen-fds');
  });

  it('takes no setting from the environment that could give it another socket, code or TLS', () => {
    const harmless = { UVICORN_LOG_LEVEL: 'debug', UVICORN_WS_MAX_SIZE: '1000', UVICORN_LIMIT_CONCURRENCY: '100' };
    const harmful = {
      UVICORN_UDS: '/tmp/x',
      UVICORN_HOST: '0.0.0.0',
      UVICORN_PORT: '8000',
      UVICORN_FD: '5',
      UVICORN_RELOAD: '1',
      UVICORN_WORKERS: '50',
      UVICORN_SSL_KEYFILE: 'k',
      UVICORN_APP_DIR: '/tmp',
      UVICORN_ENV_FILE: '.env',
      UVICORN_FACTORY: '1',
      UVICORN_WSX: '1',
    };
    const application = { kind: 'asgi', module: 'forum.asgi', name: 'application' } as const;
    const release = sampleRelease({ application, environment: { ...harmless, ...harmful } });
    const [spec] = uvicornComponent.releaseServices(webOptions.parse({}), samplePlace(), release);
    expect(Object.keys(spec?.environment ?? {}).filter((name) => name.startsWith('UVICORN_'))).toEqual(
      Object.keys(harmless),
    );
  });
});
