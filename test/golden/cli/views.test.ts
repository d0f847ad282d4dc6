import { describe, expect, test } from 'vitest';

import type { Output } from '../../../src/cli/environment.ts';
import { checkView } from '../../../src/cli/views/check.ts';
import { environmentView, variables } from '../../../src/cli/views/environment.ts';
import { eventLine } from '../../../src/cli/views/events.ts';
import { inspectionView } from '../../../src/cli/views/inspection.ts';
import { overridesView, planView } from '../../../src/cli/views/plan.ts';
import { problemsView } from '../../../src/cli/views/problems.ts';
import { Progress } from '../../../src/cli/views/progress.ts';
import { releasesView } from '../../../src/cli/views/releases.ts';
import { statusView } from '../../../src/cli/views/status.ts';
import { makeStyle, plain } from '../../../src/cli/views/style.ts';
import { upSummary } from '../../../src/cli/views/summary.ts';
import { tuneView } from '../../../src/cli/views/tune.ts';
import { allEvents, emptyPlan, plan, status, tuneResult, upEvents, upResult } from '../../rig/canned.ts';
import { now } from '../../rig/fake-terminal.ts';

// Times of events are shown in the machine's zone.
process.env['TZ'] = 'UTC';

const golden = (name: string): string => `./expected/${name}.txt`;

describe('what people see', () => {
  test('a plan names what changes, grouped, with reasons', async () => {
    await expect(planView(plan, plain, 100)).toMatchFileSnapshot(golden('plan'));
  });

  test('a plan on a narrow terminal puts the reasons on lines of their own', async () => {
    await expect(planView(plan, plain, 60)).toMatchFileSnapshot(golden('plan-narrow'));
  });

  test('a plan without changes says so', async () => {
    await expect(planView(emptyPlan, plain, 100)).toMatchFileSnapshot(golden('plan-empty'));
  });

  test('overridden settings have their values and reasons', async () => {
    await expect(overridesView(upResult.overrides, plain, 100)).toMatchFileSnapshot(golden('overrides'));
  });

  test('`up` ends with the URL, the certificate and the next commands', async () => {
    await expect(upSummary(upResult, plain)).toMatchFileSnapshot(golden('up-summary'));
  });

  test('where a reboot would end the site, `up` says how systemd starts it', () => {
    expect(upSummary(upResult, plain, { endsAtReboot: true })).toMatch(/\$ roadie daemon install +systemd starts it at boot/);
    expect(upSummary(upResult, plain)).not.toContain('daemon install');
  });

  test('a second `up` says that there was nothing to change', async () => {
    await expect(upSummary({ ...upResult, plan: emptyPlan, overrides: [], notes: [], certificate: { issuer: 'Roadie local authority', not_after: '2026-08-01T00:00:00Z', trusted: true } }, plain)).toMatchFileSnapshot(golden('up-summary-unchanged'));
  });

  test('a measurement is a table of servers and settings, with what was left out, and ends with how to have it', async () => {
    await expect(tuneView(tuneResult, plain)).toMatchFileSnapshot(golden('tune'));
    const note = "web.server in Roadie's config names granian: no other server is measured";
    expect(tuneView({ ...tuneResult, note, applied: true }, plain)).toMatch(/no other server is measured\.\nRecommended[^]*--undo$/);
  });

  test('the status is a table of services for each site', async () => {
    await expect(statusView(status, plain, now)).toMatchFileSnapshot(golden('status'));
  });

  test('the status says that a release is watched, that a site was sent back, and what needs somebody', async () => {
    const [boards, shop] = status.sites;
    if (!boards || !shop) throw new Error('the canned status has two sites');
    const bake = { release: 'r3', previous: 'r2', until: '2026-05-04T12:00:30Z', state: 'watched', doubt: null } as const;
    const because = '5 of 10 requests failed since the switch (50 %, before it 0 %)';
    const held = { since: '2026-05-04T11:58:00Z', release: 'r2', because, given_up: { release: 'r3', revision: 'c3' }, next: '2026-05-04T11:58:00Z' };
    const alarm = { since: held.since, text: `Release r3 was given up, and r2 serves again: ${because}`, cure: ['Push a fix: the next commit is released by itself. To try the same once more:', '$ roadie deploy boards'] } as const;
    const sites = [
      { ...boards, bake },
      { ...boards, bake: { ...bake, state: 'going-back' as const } },
      { ...boards, held, alarms: [alarm] },
      { ...shop, held: { ...held, because: 'somebody went back by hand', given_up: null, next: null } },
    ];
    await expect(statusView({ ...status, sites }, plain, now)).toMatchFileSnapshot(golden('status-releases'));
    const list = { site: 'boards', live: 'r2', releases: [{ id: 'r2', revision: 'c2', built_at: '2026-05-04T10:00:00Z', live: true }], running: null, failed: null };
    const views = [{ bake, held: null, alarms: [] }, { bake: { ...bake, state: 'going-back' as const }, held: null, alarms: [] }, { bake: null, held, alarms: [alarm] }];
    await expect(`${views.map((view) => releasesView({ ...list, ...view }, plain, now)).join('\n\n')}\n`).toMatchFileSnapshot(golden('releases'));
  });

  test('`up` says that the watch is still on, until when, and what may come of it', () => {
    const bake = { release: 'r3', previous: 'r2', until: '2026-05-04T12:00:30Z', verdict: null };
    expect(upSummary({ ...upResult, bake }, plain)).toContain('  Watched      until 12:00:30: where it does badly, r2 comes back by itself\n');
  });

  test('the status without sites says what to do', async () => {
    await expect(statusView({ ...status, sites: [] }, plain, now)).toMatchFileSnapshot(golden('status-empty'));
  });

  test('every kind of event has its words', async () => {
    await expect(`${allEvents.map((event) => eventLine(event, plain)).join('\n')}\n`).toMatchFileSnapshot(golden('events'));
  });

  test('progress without a terminal is a line for each finished step', async () => {
    await expect(progressOf(false)).toMatchFileSnapshot(golden('progress-plain'));
  });

  test('progress on a terminal moves, with elapsed seconds and the log', async () => {
    await expect(progressOf(true).replaceAll('\r\u001B[2K', '\n<erase>')).toMatchFileSnapshot(golden('progress-terminal'));
  });

  test('a problem has what, where with the line, the background and the cure', async () => {
    const text = problemsView(
      [
        { problem: { code: 'config-unknown-key', summary: "roadie.toml has a key 'prot' that does not exist", where: { file: '/home/ada/shop/roadie.toml', line: 3, column: 3 }, cure: ['Did you mean http_port?'] }, sourceLine: '  prot = 8080' },
        { problem: { code: 'missing-variables', summary: 'The settings need SECRET_KEY', detail: 'KeyError: SECRET_KEY\n  in settings.py', where: { file: 'settings.py', line: 9 }, cure: ['Set it:', '$ roadie env set shop SECRET_KEY=-'] } },
      ],
      plain,
    );
    await expect(text).toMatchFileSnapshot(golden('problems'));
  });

  test('findings of a check come with why and the cure, the gravest first', async () => {
    const finding = (level: 'error' | 'warning' | 'advice', id: string): { level: typeof level; id: string; what: string; why: string; cure: string } => ({ level, id, what: `What ${id} found`, why: 'Why it matters.', cure: 'What to do.' });
    await expect(checkView({ site: 'boards', findings: [finding('advice', 'roadie.backup'), finding('error', 'security.W020'), finding('warning', 'security.W004')] }, plain)).toMatchFileSnapshot(golden('check'));
  });

  test('environment variables are masked, and say where they come from', async () => {
    const list = variables({
      site: 'boards',
      root: '/r',
      bin: '/b', cache: '/c',
      environment: { SECRET_KEY: 'canary-1', DATABASE_URL: 'postgres://u:canary-2@%2Frun/db', DEBUG: 'False', DJANGO_SETTINGS_MODULE: 'forum.settings', GREETING: 'hello world', STATIC_ROOT: '/srv/static' },
      origins: { SECRET_KEY: { by: 'roadie', because: 'generated and kept' }, DATABASE_URL: { by: 'roadie', because: "the site's own PostgreSQL" }, GREETING: { by: 'owner', because: 'env set' } },
    });
    const text = environmentView(list, plain, 100);
    expect(text).not.toContain('canary');
    await expect(text).toMatchFileSnapshot(golden('env-list'));
  });

  test('an inspection gives the evidence for each fact', async () => {
    const because = { says: 'found', where: { file: 'requirements.txt', line: 4 } };
    const facts = { folder: '/home/ada/shop', environment: [{ name: 'SECRET_KEY', purpose: 'secret-key', required: true, where: { file: 'shop/settings.py', line: 20 } }], notes: [{ says: 'db.sqlite3 is in the repository' }] };
    const explanations = [
      { subject: 'settings', value: 'shop.settings', because: { says: 'manage.py names it', where: { file: 'manage.py', line: 9 } } },
      { subject: 'component', value: 'PostgreSQL', because: { ...because, says: 'psycopg in requirements.txt:4' } },
      { subject: 'component', value: 'Gunicorn', because: { says: 'undeclared, added' } },
      { subject: 'note', value: 'x', because },
    ];
    await expect(inspectionView({ facts, explanations } as never, plain)).toMatchFileSnapshot(golden('inspect'));
  });
});

describe('colours', () => {
  test('are escape sequences only where they are on', () => {
    expect(planView(plan, plain, 100)).not.toContain('\u001B');
    expect(planView(plan, makeStyle(true), 100)).toContain('\u001B[32m+\u001B[39m');
  });

  test('what other programs wrote cannot command the terminal', () => {
    const shown = allEvents.map((event) => eventLine(event, plain)).join('\n');
    expect(JSON.stringify(allEvents)).toContain('\\u001b[2J');
    expect(shown).not.toContain('\u001B');
  });
});

function progressOf(moving: boolean): string {
  let written = '';
  let clock = 0;
  const out: Output = { write: (text) => (written += text) };
  const progress = new Progress(out, { style: plain, moving, columns: 80, now: () => clock, waitingFor: 'Starting' });
  for (const event of upEvents) {
    progress.event(event);
    clock += 2_500;
    progress.tick();
  }
  progress.event({ type: 'step-started', time: '', job: 'j', step: 'migrate', title: 'Migrate', log: '/var/log/j.log' });
  progress.event({ type: 'step-finished', time: '', job: 'j', step: 'migrate', title: 'Migrate', seconds: 1.25, outcome: 'failed' });
  progress.end();
  return written;
}
