import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const python = fileURLToPath(new URL('../../../python', import.meta.url));
let secrets: string;

beforeAll(() => {
  secrets = mkdtempSync('/tmp/rd-');
  writeFileSync(join(secrets, 'database-password'), 'canary\n');
});

afterAll(() => rmSync(secrets, { recursive: true, force: true }));

/** Starts what a container starts with, its secrets in another folder. */
function start(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const program = `import sys, roadie_secrets
roadie_secrets.FOLDER = ${JSON.stringify(secrets)}
import roadie_container
roadie_container.main(${JSON.stringify(words)})`;
  return spawnSync('python3', ['-c', program], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', PYTHONPATH: python, ...environment },
  });
}

describe('what a container starts with', () => {
  it('fills in secrets and becomes the program', () => {
    const ran = start(['--', 'sh', '-c', 'echo "$URL"; exit 7'], {
      URL: 'postgresql://me:{{secret:database-password}}@db/me',
    });
    expect(ran.stdout).toBe('postgresql://me:canary@db/me\n');
    expect(ran.status).toBe(7);
  });

  it('does not start without a secret that is referred to; a build gets another one each time', () => {
    expect(start(['env'], { KEY: '{{secret:missing}}' }).stderr).toContain('missing');
    expect(start(['env'], { KEY: '{{secret:missing}}' }).status).toBe(1);
    const built = () => start(['sh', '-c', 'echo "$KEY"'], { KEY: '{{secret:missing}}', ROADIE_BUILDING: '1' }).stdout;
    expect(built()).toMatch(/^[0-9a-f]{64}\n$/);
    expect(built()).not.toBe(built());
  });

  it('hands on a listening socket as a supervisor would, where an earlier container has left one', () => {
    const path = join(secrets, 'web.sock');
    const ask = (known: string) => `import os, socket, stat
inherited = socket.socket(fileno=3)
assert ${known}
assert stat.S_IMODE(os.stat(${JSON.stringify(path)}).st_mode) == 0o660
socket.socket(socket.AF_UNIX).connect(${JSON.stringify(path)})
print(inherited.accept()[0].fileno() > 3)`;
    const announced = 'os.environ["LISTEN_FDS"] == "1" and os.environ["LISTEN_PID"] == str(os.getpid())';
    for (const [words, known] of [
      [[`--listen=${path}`], announced],
      [[`--listen=${path}`], announced],
      [[`--listen=${path}`, '--descriptor'], '"LISTEN_FDS" not in os.environ'],
    ] as const) {
      const ran = start([...words, '--', 'python3', '-c', ask(known)]);
      expect(ran.stderr).toBe('');
      expect(ran.stdout).toBe('True\n');
    }
  });

  it('asks as the edge would: below 500 and not 400 is well', () => {
    const path = join(secrets, 'probed.sock');
    const serve = (status: number) => `import http.server, os, socketserver, subprocess, sys, threading
if os.path.exists(${JSON.stringify(path)}):
    os.unlink(${JSON.stringify(path)})
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        well = self.headers["Host"] == "boards.example.org" and self.headers["X-Forwarded-Proto"] == "https" and self.path == "/health/"
        self.send_response(${status} if well else 500)
        self.end_headers()
    def log_message(self, *_):
        pass
    def address_string(self):
        return ""
server = socketserver.UnixStreamServer(${JSON.stringify(path)}, Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.exit(subprocess.call([sys.executable, "-m", "roadie_container", "--probe=${path}", "boards.example.org", "/health/"]))`;
    const verdict = (status: number) =>
      spawnSync('python3', ['-c', serve(status)], { env: { PATH: process.env['PATH'] ?? '', PYTHONPATH: python } })
        .status;
    expect([200, 302, 404].map(verdict)).toEqual([0, 0, 0]);
    expect([400, 500, 503].map(verdict)).toEqual([1, 1, 1]);
  });
});
