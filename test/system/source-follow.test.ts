import { createHmac } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { RoadieEvent } from '../../src/contract/events.ts';
import type { Releases } from '../../src/contract/releases.ts';
import { type Watch, watchSchema } from '../../src/contract/watch.ts';
import { callApi } from '../../src/machine/network/api-client.ts';
import { Box, type Page, type Ran, requireRoot, runCommand } from '../rig/box.ts';
import { GitRepository } from '../rig/git-repository.ts';
import { TinyProject } from '../rig/tiny-project.ts';

/** What a command that failed has printed. */
const complaint = (ran: Ran): string => (ran.code === 0 ? '' : ran.all);

const soon = { timeout: 90_000, interval: 200 };

/** One site of a box with its project. */
class Followed {
  readonly box: Box;
  readonly project: TinyProject;
  readonly site: string;

  constructor(box: Box, project: TinyProject, site: string) {
    this.box = box;
    this.project = project;
    this.site = site;
  }

  get domain(): string {
    return `${this.site}.localhost`;
  }

  async front(): Promise<string> {
    return (await this.box.get(this.domain, '/')).body;
  }

  async watch(): Promise<Watch> {
    const socketPath = `${this.box.folder}/run/roadie.sock`;
    return watchSchema.parse(
      (await callApi({ socketPath, method: 'GET', path: `/v1/sites/${this.site}/watch` })).value,
    );
  }

  releases(): Promise<Releases> {
    return this.box.releases(this.site);
  }

  async events(): Promise<readonly RoadieEvent[]> {
    const told = await this.box.roadie(['events', '-n', '10000', '--json']);
    return told.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as RoadieEvent)
      .filter((event) => event.site === this.site);
  }

  async notes(): Promise<readonly string[]> {
    return (await this.events()).flatMap((event) => (event.type === 'note' ? [event.text] : []));
  }

  /** How often the daemon has begun to release a commit. */
  async attempts(): Promise<number> {
    return (await this.events()).filter((event) => event.type === 'job-started' && event.kind === 'follow').length;
  }
}

describe('a site that follows a repository', { sequential: true }, () => {
  let box: Box;
  let site: Followed;
  let repository: GitRepository;
  let secret: string;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    const project = await TinyProject.make('first');
    await project.write({ 'roadie.toml': '[source]\npoll = "1s"\n\n[bake]\nseconds = 0\n' });
    repository = GitRepository.make(project.folder);
    site = new Followed(box, project, box.name('follow'));
    const ran = await box.up(repository.url, site.site, '--yes');
    if (ran.code !== 0) throw new Error(ran.all);
  });

  afterAll(async () => {
    await box.close();
    for (const folder of [repository.work, repository.bare]) await rm(folder, { recursive: true, force: true });
  });

  test('releases a new commit by itself', async () => {
    await site.project.say('second');
    const commit = repository.push('say second');
    await expect.poll(() => site.front(), soon).toBe('second');
    await expect.poll(async () => (await site.watch()).last_seen, soon).toBe(commit);
    expect((await site.releases()).releases[0]?.revision).toBe(commit);
    expect(await site.watch()).toMatchObject({ repository: repository.url, every_seconds: 1, problem: null });
  });

  test('leaves a commit out whose message says so, and says that once', async () => {
    await site.project.say('left out');
    const commit = repository.push('typo\n\n[skip deploy]');
    const told = async (): Promise<number> =>
      (await site.notes()).filter((text) => text.includes(commit.slice(0, 12))).length;
    await expect.poll(told, soon).toBe(1);
    const { last_asked: before } = await site.watch();
    await expect.poll(async () => (await site.watch()).last_asked, soon).not.toBe(before);
    expect(await told()).toBe(1);
    expect(await site.front()).toBe('second');
    await expect.poll(async () => (await site.watch()).problem, soon).toContain('not released');
  });

  test('tries a commit that fails once, and keeps what runs, until the next commit', async () => {
    const before = await site.attempts();
    await site.project.write({ 'tiny/views.py': 'raise RuntimeError("cannot be imported")\n' });
    const commit = repository.push('break it');
    await expect.poll(async () => (await site.watch()).failed?.revision, soon).toBe(commit);
    for (let looks = 0; looks < 2; looks += 1) {
      const { last_asked: last } = await site.watch();
      await expect.poll(async () => (await site.watch()).last_asked, soon).not.toBe(last);
    }
    expect((await site.attempts()) - before).toBe(1);
    expect(await site.front()).toBe('second');

    await site.project.say('third');
    repository.push('fix it');
    await expect.poll(() => site.front(), soon).toBe('third');
    await expect.poll(async () => (await site.watch()).failed, soon).toBeNull();
  });

  test('keeps what runs while the repository is gone, says so once, and goes on when it is back', async () => {
    const putBack = await repository.takeAway();
    await expect.poll(async () => (await site.watch()).problem, soon).toContain('cannot be read');
    const { last_asked: last } = await site.watch();
    await expect.poll(async () => (await site.watch()).last_asked, soon).not.toBe(last);
    await putBack();
    await site.project.say('fourth');
    repository.push('after the gap');
    await expect.poll(() => site.front(), soon).toBe('fourth');
    const notes = await site.notes();
    expect(notes.filter((text) => text.includes('cannot be read'))).toHaveLength(1);
    expect(notes.filter((text) => text.includes('can be read again'))).toHaveLength(1);
  });

  test('takes a branch that was forced to another history', async () => {
    repository.git('checkout', '--quiet', '--orphan', 'anew');
    await site.project.say('forced');
    repository.push('another history', { force: true });
    await expect.poll(() => site.front(), soon).toBe('forced');
  });

  test('is left alone after a rollback, until the next deploy', async () => {
    expect((await box.roadie(['rollback', site.site])).code).toBe(0);
    const commit = repository.push('while it is held');
    await expect.poll(async () => (await site.watch()).last_seen, soon).toBe(commit);
    expect(await site.front()).toBe('fourth');
    expect((await box.roadie(['deploy', site.site])).code).toBe(0);
    expect(await site.front()).toBe('forced');
  });

  test('keeps a ref that is deployed for one time, until the next commit', async () => {
    const head = repository.head();
    const parent = repository.git('rev-parse', 'HEAD~1').trim();
    const ran = await box.roadie(['deploy', site.site, '--ref', parent, '--wait']);
    expect(complaint(ran)).toBe('');
    const { last_asked: last } = await site.watch();
    await expect.poll(async () => (await site.watch()).last_asked, soon).not.toBe(last);
    expect(await site.watch()).toMatchObject({ last_seen: head, repository: repository.url, branch: null });
    expect((await site.releases()).releases.find(({ live }) => live)?.revision).toBe(parent);
  });

  describe('with a webhook', () => {
    const call = (body: string, headers: Readonly<Record<string, string>>): Promise<Page> =>
      box.get(site.domain, '/.roadie/hook', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), ...headers },
        body,
      });
    const signed = (body: string, delivery: string): Readonly<Record<string, string>> => ({
      'x-github-event': 'push',
      'x-github-delivery': delivery,
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    });
    const pushOf = (commit: string, ref = 'refs/heads/main'): string =>
      JSON.stringify({ ref, after: commit, repository: { default_branch: 'main' } });

    test('needs no frequent looks any more', async () => {
      // So seldom that only the webhook can have brought a commit.
      await site.project.write({ 'roadie.toml': '[source]\npoll = "1h"\n\n[bake]\nseconds = 0\n' });
      repository.push('ask seldom');
      await expect.poll(async () => (await site.watch()).every_seconds, soon).toBe(3600);
      const told = JSON.parse((await box.roadie(['webhook', site.site, '--json', '--wait'])).stdout) as {
        url: string;
        secret: string;
      };
      expect(told.url).toBe(`https://${site.domain}:${box.ports.https}/.roadie/hook`);
      ({ secret } = told);
    });

    test('shows the same secret again, and never in an event', async () => {
      expect((await box.roadie(['webhook', site.site])).stdout).toContain(secret);
      expect((await box.roadie(['events', '-n', '10000', '--json'])).stdout).not.toContain(secret);
    });

    test('refuses what does not know the secret, what is too large, and every other method', async () => {
      const body = pushOf(repository.head());
      expect((await call(body, { 'x-github-event': 'push' })).status).toBe(401);
      expect((await call(body, { ...signed(body, 'x'), 'x-hub-signature-256': 'sha256=ab' })).status).toBe(401);
      expect((await call(`${body} `, signed(body, 'x'))).status).toBe(401);
      expect((await call(body, { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': 'guess' })).status).toBe(401);
      expect((await box.get(site.domain, '/.roadie/hook')).status).toBe(403);
      const large = 'x'.repeat(1_100_000);
      expect((await call(large, signed(large, 'y'))).status).toBe(413);
    });

    test('takes another branch, a tag and a ping for nothing', async () => {
      for (const ref of ['refs/heads/other', 'refs/tags/v1']) {
        const body = pushOf(repository.head(), ref);
        const answer = await call(body, signed(body, `nothing ${ref}`));
        expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('Nothing to do')]);
      }
      expect((await call('{}', { ...signed('{}', 'ping'), 'x-github-event': 'ping' })).status).toBe(200);
    });

    test('releases a commit at once, and refuses the same delivery a second time', async () => {
      await site.project.say('hooked');
      const body = pushOf(repository.push('by webhook'));
      expect((await call(body, signed(body, 'one'))).status).toBe(202);
      expect((await call(body, signed(body, 'one'))).status).toBe(409);
      await expect.poll(() => site.front(), soon).toBe('hooked');
    });

    test('a thousand calls are one release, and the site serves on', async () => {
      const before = await site.attempts();
      await site.project.say('thousand');
      const body = pushOf(repository.push('a thousand calls'));
      const statuses = new Map<number, number>();
      for (let round = 0; round < 20; round += 1) {
        const answers = await Promise.all(
          Array.from({ length: 50 }, (_, index) => call(body, signed(body, `${round}-${index}`))),
        );
        for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      expect((await box.get(site.domain, '/health/')).status).toBe(200);
      // The rest is more than one address may call in that time.
      expect((statuses.get(202) ?? 0) + (statuses.get(429) ?? 0)).toBe(1000);
      expect(statuses.get(202)).toBeGreaterThan(20);
      await expect.poll(() => site.front(), soon).toBe('thousand');
      expect((await site.attempts()) - before).toBe(1);
    });

    test('a new secret makes the one before worthless', async () => {
      const before = secret;
      const told = JSON.parse((await box.roadie(['webhook', site.site, '--rotate', '--json', '--wait'])).stdout) as {
        secret: string;
      };
      expect(told.secret).not.toBe(before);
      const body = pushOf(repository.head());
      expect((await call(body, signed(body, 'old'))).status).toBe(401);
      secret = told.secret;
      expect((await call(body, signed(body, 'new'))).status).toBe(202);
    });
  });
});

describe('a site that came from a folder', { sequential: true }, () => {
  let box: Box;
  let site: Followed;
  let repository: GitRepository;
  const git = (...words: readonly string[]) => runCommand(['git', ...words], { cwd: repository.work });

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    const project = await TinyProject.make('first');
    await project.write({ 'roadie.toml': '[bake]\nseconds = 0\n' });
    site = new Followed(box, project, box.name('push'));
    const ran = await box.up(project.folder, site.site, '--yes');
    if (ran.code !== 0) throw new Error(ran.all);
    repository = GitRepository.make(project.folder);
  });

  afterAll(async () => {
    await box.close();
    for (const folder of [repository.work, repository.bare]) await rm(folder, { recursive: true, force: true });
  });

  test('follows nothing', async () => {
    expect(await site.watch()).toMatchObject({ repository: null, last_asked: null, problem: null });
  });

  test('can be pushed to, with the progress of the release in the push', async () => {
    const { path, branch } = JSON.parse((await box.roadie(['remote', site.site, '--json'])).stdout) as {
      path: string;
      branch: string;
    };
    expect(branch).toBe('main');
    expect((await git('remote', 'add', 'roadie', path)).code).toBe(0);
    await site.project.say('pushed');
    const commit = repository.commit('pushed');
    const pushed = await git('push', 'roadie', 'main');
    expect(complaint(pushed)).toBe('');
    expect(pushed.all).toContain('remote: ');
    expect(pushed.all).toContain('is live at');
    expect(await site.front()).toBe('pushed');
    expect((await site.releases()).releases[0]?.revision).toBe(commit);
  });

  test('refuses the push where the release is refused, with the reason in the push', async () => {
    await site.project.write({ 'tiny/views.py': 'raise RuntimeError("cannot be imported")\n' });
    repository.commit('break it');
    const pushed = await git('push', 'roadie', 'main');
    expect(pushed.code).not.toBe(0);
    expect(pushed.all).toContain('cannot be imported');
    expect(pushed.all).toContain('[remote rejected]');
    expect(await site.front()).toBe('pushed');
    const [kept] = (await git('ls-remote', 'roadie', 'refs/heads/main')).stdout.split('\t');
    expect((await site.releases()).releases.find(({ live }) => live)?.revision).toBe(kept);
  });

  test('keeps other branches without releasing them', async () => {
    const pushed = await git('push', 'roadie', 'HEAD:refs/heads/draft');
    expect(complaint(pushed)).toBe('');
    expect(pushed.all).toContain('not released');
    expect((await git('push', 'roadie', ':refs/heads/main')).code).not.toBe(0);
  });

  test('takes what was pushed at the next deploy as well', async () => {
    await site.project.say('fixed');
    repository.commit('fix it');
    expect((await git('push', 'roadie', 'main')).code).toBe(0);
    const ran = await box.roadie(['deploy', site.site]);
    expect(complaint(ran)).toBe('');
    expect(await site.front()).toBe('fixed');
  });

  test('follows the repository that its config names', async () => {
    await site.project.write({
      'roadie.toml': `[source]\nrepository = "${repository.url}"\nbranch = "main"\npoll = "1s"\n\n[bake]\nseconds = 0\n`,
    });
    repository.push('name the repository');
    expect((await box.up(repository.work, site.site, '--yes')).code).toBe(0);
    await site.project.say('followed');
    repository.push('followed');
    await expect.poll(() => site.front(), soon).toBe('followed');
  });

  test('releases by itself only what is signed, and what has the tag, where its config says so', async () => {
    const key = `${repository.work}.key`;
    expect((await runCommand(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key])).code).toBe(0);
    const publicKey = (await runCommand(['cat', `${key}.pub`])).stdout;
    await site.project.write({
      allowed_signers: `* ${publicKey}`,
      'roadie.toml': `[source]\nrepository = "${repository.url}"\nbranch = "main"\npoll = "1s"\nonly_signed = "allowed_signers"\nonly_status = "passed/*"\n\n[bake]\nseconds = 0\n`,
    });
    repository.push('from now on signed');
    await expect.poll(async () => (await site.releases()).releases[0]?.revision, soon).toBe(repository.head());

    await site.project.say('unsigned');
    const unsigned = repository.push('not signed');
    await expect.poll(async () => (await site.watch()).problem, soon).toContain('its tag is missing');
    repository.git('tag', 'passed/1');
    repository.git('push', '--quiet', 'origin', 'passed/1');
    const about = async (): Promise<string> =>
      (await site.notes()).find((text) => text.includes(unsigned.slice(0, 12))) ?? '';
    await expect.poll(about, soon).toContain('not signed by a key that may');
    expect(await site.front()).toBe('followed');

    await site.project.say('signed');
    repository.git('add', '--all');
    repository.git('-c', 'gpg.format=ssh', '-c', `user.signingkey=${key}`, 'commit', '--quiet', '-S', '-m', 'signed');
    repository.git('tag', 'passed/2');
    repository.git('push', '--quiet', 'origin', 'HEAD:main', 'passed/2');
    await expect.poll(() => site.front(), soon).toBe('signed');
    for (const file of [key, `${key}.pub`]) await rm(file);
  });
});
