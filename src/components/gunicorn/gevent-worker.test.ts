import { execFileSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { pythonFolder } from '../../source/scan-project.ts';

/** Gunicorn's worker and Django's connections, which only tell what is done with them. */
const stubs = `
import sys, types
said = []

class GeventWorker:
    def handle(self, listener, client, addr):
        said.append("answers")
        if client == "broken":
            raise ValueError

def module(name, **members):
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(members)

for name in ("gunicorn", "gunicorn.workers"):
    module(name)
module("gunicorn.workers.ggevent", GeventWorker=GeventWorker)
from roadie_gunicorn_gevent import Worker
`;

function says(program: string): string {
  return execFileSync('python3', ['-c', stubs + program], {
    env: { PYTHONPATH: pythonFolder },
    encoding: 'utf8',
  }).trim();
}

const withDjango = 'module("django.db", connections=types.SimpleNamespace(close_all=lambda: said.append("closes")))\n';

describe("Gunicorn's worker with greenlets", () => {
  it("closes the database's connections of a greenlet that ends: nobody else would find them", () => {
    const ended = 'try:\n    Worker().handle(None, "broken", None)\nexcept ValueError:\n    said.append("raises")\n';
    expect(says(`${withDjango}Worker().handle(None, "fine", None)\n${ended}print(*said)`)).toBe(
      'answers closes answers closes raises',
    );
  });

  it('needs no Django for what has not loaded it', () => {
    expect(says('Worker().handle(None, "fine", None)\nprint(*said)')).toBe('answers');
  });
});
