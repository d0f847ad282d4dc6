import { spawnSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { pythonFolder } from '../../source/scan-project.ts';
import { requestHeaders } from '../nginx/request-headers.ts';
import { clearedFamilies, keptNames } from './trusted-headers.ts';

/** What a program in Python prints as JSON, with Roadie's own modules at hand. */
function python(program: string, environment: Readonly<Record<string, string>> = {}): unknown {
  const ran = spawnSync('/usr/bin/python3', ['-B', '-c', program], {
    env: { PYTHONPATH: pythonFolder, ...environment },
    encoding: 'utf8',
  });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return JSON.parse(ran.stdout);
}

const conf = requestHeaders({ ports: { http: 80, https: 443 } }, 'https');
const cleared = [...conf.matchAll(/^proxy_set_header (\S+) "";$/gm)].map(([, name]) => (name ?? '').toLowerCase());

/** A request with each of these headers, as the WSGI and the ASGI entry hand it on: the names that are left. */
function left(names: readonly string[]): { readonly wsgi: readonly string[]; readonly asgi: readonly string[] } {
  const application = { ROADIE_APPLICATION: 'json:loads' };
  const wsgi = python(
    `import json, roadie_wsgi
names = json.loads(${JSON.stringify(JSON.stringify(names))})
environ = {"HTTP_" + name.upper().replace("-", "_"): "x" for name in names}
print(json.dumps(roadie_wsgi._guarded(lambda environ, start: [name[5:].lower().replace("_", "-") for name in environ if name.startswith("HTTP_")])(environ, None)))`,
    application,
  );
  const asgi = python(
    `import asyncio, json, roadie_asgi
names = json.loads(${JSON.stringify(JSON.stringify(names))})
seen = []
async def application(scope, receive, send):
    seen.extend(pair[0].decode() for pair in scope["headers"])
asyncio.run(roadie_asgi._guarded(application)({"type": "http", "headers": [(name.encode(), b"x") for name in names]}, None, None))
print(json.dumps(seen))`,
    application,
  );
  return { wsgi: wsgi as string[], asgi: asgi as string[] };
}

describe('headers that only a proxy may set', () => {
  it('are taken away by the edge, each name once', () => {
    expect(new Set(cleared).size).toBe(cleared.length);
    for (const name of [
      'x-webauth-user',
      'tailscale-user-login',
      'x-goog-authenticated-user-email',
      'ssl-client-s-dn',
      'x-remote-user',
    ])
      expect(cleared).toContain(name);
  });

  it('are the same families for the edge and for Python, each with its known members taken away by name', () => {
    expect(python('import json, roadie_entry; print(json.dumps([roadie_entry.FAMILIES, roadie_entry.KEPT]))')).toEqual([
      [...clearedFamilies],
      [...keptNames],
    ]);
    for (const family of clearedFamilies)
      expect([family, cleared.some((name) => name.startsWith(family))]).toEqual([family, true]);
  });

  it('of an open family do not reach Django, whatever their end, and all others do', () => {
    const open = clearedFamilies.map((family) => `${family}${family.endsWith('-') ? '' : '-'}made-up`);
    const fine = [
      'host',
      'cookie',
      'authorization',
      'x-real-ip',
      ...keptNames,
      'x-requested-with',
      'x-csrftoken',
      'x-client-version',
      'x-remotely',
      'x-access-token',
    ];
    expect(left([...open, ...fine])).toEqual({ wsgi: fine, asgi: fine });
  });
});

describe('the ASGI entry', () => {
  it('hands on to an application of ASGI 2 as well, and to one that is an object', () => {
    const found = python(
      `import asyncio, json, roadie_asgi
seen = []
class Two:
    def __init__(self, scope): self.scope = scope
    async def __call__(self, receive, send): seen.append(["two", len(self.scope["headers"])])
class Three:
    async def __call__(self, scope, receive, send): seen.append(["three", len(scope["headers"])])
scope = {"type": "websocket", "headers": [(b"Remote-User", b"admin"), (b"host", b"x")]}
for one in (Two, Three()): asyncio.run(roadie_asgi._guarded(one)(scope, None, None))
asyncio.run(roadie_asgi._guarded(Three())({"type": "lifespan", "headers": []}, None, None))
print(json.dumps([seen, len(scope["headers"])]))`,
      { ROADIE_APPLICATION: 'json:loads' },
    );
    expect(found).toEqual([
      [
        ['two', 1],
        ['three', 1],
        ['three', 0],
      ],
      2,
    ]);
  });
});
