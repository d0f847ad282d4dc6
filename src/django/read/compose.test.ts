import { describe, expect, it } from 'vitest';

import { composePrograms, composeServices } from './compose.ts';

const services = (text: string) => composeServices({ 'deploy/compose.yml': text }, 'deploy/compose.yml');

const whole = `x-app: &app
  build: .
  image: shop:\${TAG:-latest}
  environment: &environment
    DJANGO_SETTINGS_MODULE: shop.settings.production
    DEBUG: no
    PORT: 8000
    SECRET_KEY:
  env_file: .env.production
x-command: &beat [celery, -A, shop, beat]
services:
  web:
    <<: *app
    command: >
      sh -c "python manage.py migrate
      && gunicorn shop.wsgi"
  beat:
    <<: *app
    command: *beat
    environment:
      <<: *environment
      DEBUG: "1"
  worker:
    extends: beat
    command: celery -A shop worker
    environment:
      - QUEUE=mail
      - DEBUG
    env_file:
      - path: ../worker.env
        required: false
      - /etc/worker.env
  db:
    image: "\${DB_IMAGE:-postgres:17}"
    entrypoint: []
    command:
      - postgres
      - -c
      - "log_line_prefix=$$u"
`;

describe('a Compose file', () => {
  it('says what services run, with anchors, merge keys, aliases and what they extend', () => {
    expect(
      services(whole).flatMap(({ name, programs }) =>
        programs.map(({ key, text, line }) => `${name} ${key}:${line} ${text}`),
      ),
    ).toEqual([
      'web command:14 sh -c "python manage.py migrate && gunicorn shop.wsgi"',
      'beat command:19 celery -A shop beat',
      'worker command:25 celery -A shop worker',
      'db entrypoint:35 ',
      'db command:36 postgres -c log_line_prefix=$u',
    ]);
  });

  it('says of what image each service is, and what is built here', () => {
    expect(services(whole).map(({ name, image, built }) => [name, image?.text, built])).toEqual([
      ['web', 'shop:latest', true],
      ['beat', 'shop:latest', true],
      ['worker', 'shop:latest', true],
      ['db', 'postgres:17', false],
    ]);
  });

  it('says the environment of each, as a mapping or a list, over what it extends', () => {
    const environment = Object.fromEntries(
      services(whole).map(({ name, environment: all }) => [
        name,
        Object.fromEntries([...all].map(([key, { value }]) => [key, value])),
      ]),
    );
    const common = { DJANGO_SETTINGS_MODULE: 'shop.settings.production', PORT: '8000', SECRET_KEY: undefined };
    expect(environment).toEqual({
      web: { ...common, DEBUG: 'no' },
      beat: { ...common, DEBUG: '1' },
      worker: { ...common, DEBUG: undefined, QUEUE: 'mail' },
      db: {},
    });
  });

  it('names the files of variables that lie in the project', () => {
    expect(services(whole).map(({ environmentFiles }) => environmentFiles)).toEqual([
      ['deploy/.env.production'],
      ['deploy/.env.production'],
      ['worker.env'],
      [],
    ]);
  });

  it('may be several documents, and have services that extend each other or nothing', () => {
    const text =
      'services:\n  a: {extends: {service: b}, image: x}\n  b: {extends: a}\n  c: {extends: {file: other.yml, service: a}}\n---\nservices:\n  d: {image: z}\n  e:\n';
    expect(services(text).map(({ name, image }) => [name, image?.text])).toEqual([
      ['a', 'x'],
      ['b', 'x'],
      ['c', undefined],
      ['d', 'z'],
    ]);
  });

  it('is empty where it is broken, or something else', () => {
    for (const text of ['services: [', 'services:\n  - a\n', 'a', '', 'services:\n  web: &a [*a]\n'])
      expect(services(text).filter(({ programs }) => programs.length > 0)).toEqual([]);
  });

  it('for production comes before the others, and none for developers counts', () => {
    const command = (text: string) => `services: {web: {command: ${text}}}`;
    const texts = {
      'docker-compose.yml': command('plain'),
      'docker-compose.dev.yml': command('develop'),
      'deploy/docker-compose.prod.yml': command('production'),
    };
    expect(composePrograms({ texts }).map(({ text }) => text)).toEqual(['production']);
  });
});
