import { describe, expect, it } from 'vitest';

import { fact, plainPlace, requirement, sampleFacts, samplePlace } from '../../../test/rig/samples.ts';
import { mariadbComponent } from './index.ts';
import { databaseName } from './names.ts';

const options = mariadbComponent.options.parse({});

function statements(place: ReturnType<typeof samplePlace>): string {
  return mariadbComponent.setup(options, place).find(({ input }) => input !== undefined)?.input ?? '';
}

describe('MariaDB', () => {
  it.each([
    ['boards', 'boards'],
    ['my-forum', 'my_forum'],
    ['mysql', 'site_mysql'],
    ['performance-schema', 'site_performance_schema'],
  ])('the site %s has the database %s', (site, name) => {
    expect(databaseName(site)).toBe(name);
  });

  it('has an account for each user of the site, by the name that the kernel tells, for its database alone', () => {
    const accounts = statements(samplePlace())
      .split('\n')
      .filter((line) => /^(CREATE USER|GRANT)/.test(line));
    expect(accounts).toEqual(
      ['roadie-my-forum', 'roadie-my-forum_build'].flatMap((user) => [
        `CREATE USER IF NOT EXISTS '${user}'@'localhost' IDENTIFIED VIA unix_socket;`,
        // An underscore that is not escaped would stand for any character, and so for other databases.
        `GRANT ALL PRIVILEGES ON \`my\\_forum\`.* TO '${user}'@'localhost';`,
      ]),
    );
    // Without root the server's own user, the site's and the owner are one.
    expect(statements(plainPlace())).not.toMatch(/USER|GRANT/);
  });

  it('listens on no network, writes down what is committed, and is strict', () => {
    const content = mariadbComponent.files(options, samplePlace())[0]?.content ?? '';
    for (const line of [
      'skip_networking = ON',
      'innodb_flush_log_at_trx_commit = 1',
      'innodb_doublewrite = ON',
      'character_set_server = utf8mb4',
      'local_infile = OFF',
    ])
      expect(content.split('\n')).toContain(line);
    expect(content).toMatch(/^sql_mode = STRICT_TRANS_TABLES,/m);
  });

  it('is told to Django with its socket, and that builds have another name', () => {
    expect(mariadbComponent.connections?.(options, samplePlace())).toMatchObject([
      {
        engine: 'mysql',
        user: 'roadie-my-forum',
        ownUser: true,
        host: '/run/roadie/my-forum/mariadb/mariadb.sock',
        url: 'mysql://roadie-my-forum@%2Frun%2Froadie%2Fmy-forum%2Fmariadb%2Fmariadb.sock/my_forum',
      },
    ]);
  });

  it('adds a driver that needs no compiler, where none is declared', () => {
    const wish = mariadbComponent.detect(sampleFacts({ database: fact('mysql'), requirements: [requirement('rq')] }));
    expect(mariadbComponent.packages(mariadbComponent.options.parse(wish?.options)).python).toMatchObject([
      { requirement: 'pymysql>=1.1', unless: expect.arrayContaining(['mysqlclient']) },
    ]);
    expect(mariadbComponent.detect(sampleFacts({ database: fact('postgresql') }))).toBeUndefined();
  });

  it('is put back by whoever may read the file: root, or the owner where there is no root', () => {
    const restore = (place: ReturnType<typeof samplePlace>) =>
      mariadbComponent.database?.snapshot?.(options, place).restore('/b/before-1.sql');
    expect(restore(samplePlace())).toMatch(/^sudo sh -c '\/usr\/bin\/mariadb .* --user=root <\/b\/before-1\.sql'$/);
    expect(restore(plainPlace())).toMatch(/^\/usr\/bin\/mariadb .* --user=anna <\/b\/before-1\.sql$/);
  });
});
