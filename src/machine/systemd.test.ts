import { expect, test } from 'vitest';

import { unitText } from './systemd.ts';

test('the unit keeps the daemon running and leaves the services alone', () => {
  const text = unitText({ launcher: '/opt/roadie/roadie', environment: { ROADIE_BASE: '/srv/roadie' } });
  const lines = text.split('\n');
  expect(lines).toContain('ExecStart=/opt/roadie/roadie daemon run');
  expect(lines).toContain('Environment=ROADIE_BASE=/srv/roadie');
  expect(lines).toEqual(
    expect.arrayContaining(['Restart=always', 'KillMode=process', 'OOMPolicy=continue', 'WantedBy=multi-user.target']),
  );
});

test('services are stopped with the machine, and not with the daemon alone', () => {
  const text = unitText({ launcher: '/opt/roadie/roadie', environment: {} });
  expect(text).toContain(
    'ExecStop=/bin/sh -c "[ \\"$$(systemctl is-system-running)\\" != stopping ] || exec \\"$$0\\" daemon stop --services" /opt/roadie/roadie\n',
  );
});

test('what means something to systemd is quoted', () => {
  const text = unitText({ launcher: '/opt/my $HOME/100%/"r"', environment: { ROADIE_RUN: '/run/a $b' } });
  expect(text).toContain('ExecStart="/opt/my $$HOME/100%%/\\"r\\"" daemon run');
  expect(text).toContain('Environment="ROADIE_RUN=/run/a $b"');
});
