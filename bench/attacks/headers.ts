import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { Box, runCommand } from '../../test/rig/box.ts';
import { type Area, type Attack, outcome } from './attack.ts';
import { BenchSite } from './sites.ts';
import { usersAt } from './world.ts';

/** What programs and proxies believe when it comes as a header. */
const trusted = [
  'X-Forwarded-For',
  'X-Real-IP',
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-Ssl',
  'X-Forwarded-Protocol',
  'X-Forwarded-Scheme',
  'X-Forwarded-Server',
  'X-Forwarded-Prefix',
  'X-Forwarded-User',
  'X-Forwarded-Email',
  'X-Forwarded-Groups',
  'X-Forwarded-Preferred-Username',
  'X-Forwarded-Access-Token',
  'Forwarded',
  'X-Scheme',
  'X-Script-Name',
  'Front-End-Https',
  'X-Original-Url',
  'X-Rewrite-Url',
  'X-Original-Host',
  'X-Client-Ip',
  'X-Cluster-Client-Ip',
  'True-Client-Ip',
  'Cf-Connecting-Ip',
  'Fastly-Client-Ip',
  'Remote-User',
  'Remote-Name',
  'Remote-Email',
  'Remote-Groups',
  'X-Remote-User',
  'X-Remote-Email',
  'X-Remote-Groups',
  'X-Remote-Name',
  'X-Remote-Addr',
  'X-Auth-Request-User',
  'X-Auth-Request-Email',
  'X-Auth-Request-Groups',
  'X-Authenticated-User',
  'X-Webauth-User',
  'X-Webauth-Name',
  'X-Webauth-Email',
  'Tailscale-User-Login',
  'Tailscale-User-Name',
  'Tailscale-User-Profile-Pic',
  'X-Goog-Authenticated-User-Email',
  'X-Goog-Authenticated-User-Id',
  'X-Goog-Iap-Jwt-Assertion',
  'X-Ms-Client-Principal',
  'X-Ms-Client-Principal-Name',
  'X-Ms-Client-Principal-Id',
  'X-Ms-Client-Principal-Idp',
  'Ssl-Client-Verify',
  'Ssl-Client-S-Dn',
  'Ssl-Client-Cert',
  'Ssl-Client-I-Dn',
  'X-Ssl-Client-Verify',
  'X-Ssl-Client-S-Dn',
  'X-Ssl-Client-Cert',
  'X-Client-Verify',
  'X-Client-Dn',
  'X-Client-Cert',
  'X-Accel-Internal',
  'X-Amzn-Oidc-Identity',
  'X-Amzn-Oidc-Data',
  'Cf-Access-Authenticated-User-Email',
  'Proxy',
  'Auth-User',
  'Authuser',
];
const underscored = ['REMOTE_USER', 'SCRIPT_NAME', 'X_FORWARDED_FOR', 'wsgi_url_scheme', 'X_REMOTE_USER'];

/** Set by the edge itself, to what is true. */
const own: Readonly<Record<string, string>> = {
  'X-Forwarded-For': '127.0.0.1',
  'X-Real-IP': '127.0.0.1',
  'X-Forwarded-Proto': 'https',
};

const claims: Attack = {
  name: 'headers that programs trust',
  who: 'visitor',
  how: `${trusted.length} names (of proxies, single sign-on, client certificates, clouds) and ${underscored.length} with underscores, each with the value \`evil\``,
  promise: 'none reaches Django with that value; host, scheme and address are true',
  async run(world) {
    const { mallory } = world;
    const lies = Object.fromEntries([...trusted, ...underscored].map((name) => [name, 'evil']));
    const { status, body } = await world.get(mallory, '/seen/', { headers: lies });
    if (status !== 200) throw new Error(`/seen/ answers ${status}`);
    const seen = JSON.parse(body) as { meta: Record<string, string>; secure: boolean; host: string };
    const wrong = Object.entries(seen.meta)
      .filter(([, value]) => value.includes('evil'))
      .map(([name]) => `${name} comes through`);
    for (const [name, value] of Object.entries(own)) {
      const got = seen.meta[`HTTP_${name.toUpperCase().replaceAll('-', '_')}`];
      if (got !== value) wrong.push(`${name} is ${got ?? 'missing'}`);
    }
    if (!seen.secure || seen.meta['REMOTE_ADDR'] !== '127.0.0.1' || !seen.host.startsWith(mallory.domain))
      wrong.push(`Django takes it for ${seen.host}, ${seen.meta['REMOTE_ADDR'] ?? ''}, ${String(seen.secure)}`);
    return outcome(wrong, `${trusted.length + underscored.length} headers, none came through`);
  },
};

const families: Attack = {
  name: 'names of the same families',
  who: 'visitor',
  how: 'invented names: `X-Remote-Anything`, `Tailscale-Anything`, `X-Goog-Authenticated-User-Anything`, `X-MS-Client-Principal-Anything`, `SSL-Client-Anything`',
  promise: 'none reaches Django',
  async run(world) {
    const names = [
      'X-Remote-Anything',
      'Tailscale-Anything',
      'X-Goog-Authenticated-User-Anything',
      'X-MS-Client-Principal-Anything',
      'SSL-Client-Anything',
    ];
    const { body } = await world.get(world.mallory, '/seen/', {
      headers: Object.fromEntries(names.map((name) => [name, 'evil'])),
    });
    const { meta } = JSON.parse(body) as { meta: Record<string, string> };
    const through = Object.entries(meta)
      .filter(([, value]) => value === 'evil')
      .map(([name]) => name);
    if (through.length === 0) return outcome([], `${names.length} names, none came through`);
    // NGINX can clear what it is told by name, and no pattern: then the names that exist are what is promised.
    return {
      notRun: `only headers that exist are cleared, by name (${through.length} of ${names.length} invented ones come through)`,
    };
  },
};

const answers: Attack = {
  name: 'answers without security headers',
  who: 'visitor',
  how: 'pages of Django, static files, uploads, 404s of each, redirects and the page of a failure were asked for',
  promise: 'each has `nosniff`, a referrer policy, a frame policy and HSTS, once each; none tells a version',
  async run(world) {
    const { mallory } = world;
    await world.asSite(
      'import os\nfrom django.conf import settings\nopen(os.path.join(str(settings.MEDIA_ROOT), "face.png"), "w").write("x")',
    );
    const paths = [
      '/health/',
      '/no-such-page/',
      '/broken/',
      '/static/notes/site.css',
      '/static/none.css',
      '/static/',
      '/media/face.png',
      '/media/none.png',
      '/static/notes/views.py',
      '/.roadie/hook',
      '/%00',
      '/static/%00',
    ];
    const wrong: string[] = [];
    for (const path of paths) {
      const { headers, status } = await world.get(mallory, path);
      for (const name of [
        'x-content-type-options',
        'referrer-policy',
        'x-frame-options',
        'strict-transport-security',
      ]) {
        const value = headers[name];
        if (value === undefined) {
          // A request that is none is answered before its site is known.
          if (status !== 400) wrong.push(`${path} (${status}) has no ${name}`);
        } else if (String(value).includes(',') && name !== 'strict-transport-security')
          wrong.push(`${path} has ${name} twice`);
      }
      if (/\d/.test(String(headers['server'] ?? ''))) wrong.push(`${path} tells a version`);
    }
    return outcome(wrong, `${paths.length} answers, all with the four headers`);
  },
};

const authority: Attack = {
  name: 'the local authority misused',
  who: 'local user',
  how: 'what the authority’s certificate would let its key sign: names outside of this machine, other authorities, addresses',
  promise: 'name constraints hold it to the sites’ names; no second authority below it',
  async run(world) {
    const file = join(world.box.folder, 'base/edge/authority/root.pem');
    const { stdout } = await world.must(runCommand(['openssl', 'x509', '-in', file, '-noout', '-text']));
    const wrong: string[] = [];
    if (!/Name Constraints: critical/.test(stdout)) wrong.push('it has no critical name constraints');
    else if (!/Permitted:/.test(stdout)) wrong.push('its constraints permit everything');
    if (!/pathlen:0/.test(stdout)) wrong.push('it may make authorities below it');
    const permitted = [...stdout.matchAll(/DNS:(\S+)/g)].map((found) => found[1]);
    return outcome(wrong, `critical, path length 0, permitted: ${permitted.slice(0, 6).join(', ')}`);
  },
};

const secondRoadie: Attack = {
  name: 'a second Roadie’s site of the same name',
  who: 'local user',
  how: 'another installation on the machine brought up a site of the name that the first has',
  promise: 'it does not get the first one’s user: it is refused or has its own; the first goes on',
  async run(world) {
    const { mallory } = world;
    const before = await usersAt(world.path(mallory));
    const uid = Number(await world.asSite('import os\nprint(os.getuid())'));
    const box = await Box.open();
    const site = await BenchSite.make(mallory.name, { open: true });
    const wrong: string[] = [];
    let said = 'it has a user of its own';
    try {
      const ran = await box.up(site.repository.url, mallory.name, '--yes');
      if (ran.code === 0) {
        const body = 'import os\nprint(os.getuid())';
        const headers = { 'content-length': String(body.length) };
        const answer = await box.get(site.domain, '/door/', { method: 'POST', body, headers });
        if (Number(answer.body) === uid) wrong.push('the second site runs as the first one’s user');
      } else {
        said = `refused: ${/^Error: .*$/m.exec(ran.all)?.[0].slice(0, 160) ?? ran.code}`;
        if (/usermod --home/.test(ran.all)) wrong.push('the cure offers usermod --home');
      }
    } finally {
      await box.roadie(['down', mallory.name, '--delete-data', '--confirm', mallory.name]);
      await box.close();
      await runCommand(['rm', '-rf', site.repository.work, site.repository.bare]);
    }
    const after = await usersAt(world.path(mallory));
    if (JSON.stringify(after) !== JSON.stringify(before)) wrong.push('the first one’s user was changed or taken away');
    await world.must(world.box.roadie(['restart', mallory.name]));
    const live = await world.get(mallory, '/health/');
    if (live.status !== 200) wrong.push(`the first site answers ${live.status}`);
    return outcome(wrong, said);
  },
};

const handOut: Attack = {
  name: 'files that commands write for the owner',
  who: 'local user',
  how: 'state, records, logs of jobs and of the daemon, events and journals, all written from a shell with a umask of 000',
  promise: '0600',
  async run(world) {
    const { box } = world;
    const found = await runCommand(['find', join(box.folder, 'base/state'), '-type', 'f', '-perm', '/077']);
    const wrong = found.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((path) => `${path} is open to others`);
    const state = await stat(join(box.folder, 'base/state'));
    if ((state.mode & 0o077) !== 0) wrong.push(`the state’s folder has mode ${(state.mode & 0o777).toString(8)}`);
    const events = await readFile(join(box.folder, 'base/state/events.jsonl'), 'utf8');
    if (events === '') throw new Error('there are no events');
    return outcome(wrong, 'all 0600, in a folder of mode 0700');
  },
};

export const headersArea: Area = {
  id: 'headers',
  title: 'Headers, authority, and what else is believed (7)',
  attacks: [claims, families, answers, authority, handOut, secondRoadie],
};
