import { describe, expect, it } from 'vitest';

import type { ProjectScan } from './scan.ts';
import { findWebCommand } from './web-command.ts';

function words(texts: Readonly<Record<string, string>>): readonly string[] | undefined {
  return findWebCommand({ texts } as unknown as ProjectScan)?.value;
}

describe("a project's own web command", () => {
  it('is the web line of its Procfile, whatever shell syntax it has', () => {
    expect(
      words({ Procfile: 'worker: rq\nweb: migrate && uwsgi --http :$PORT\n', Dockerfile: 'CMD granian x' }),
    ).toEqual(['migrate', 'uwsgi', '--http', ':$PORT']);
  });

  it('is else the last command of its Dockerfile, and not what was installed there', () => {
    const text =
      'FROM a\nCMD ["python"]\nFROM b\nRUN pip install daphne\nCMD ["granian", "--interface", "asgi", "x"]\n';
    expect(words({ Dockerfile: text })).toEqual(['granian', '--interface', 'asgi', 'x']);
    expect(words({ 'requirements.txt': 'uwsgi' })).toBeUndefined();
  });
});
