import { spawnSync } from 'node:child_process';

import { expect, test } from 'vitest';

import { pythonFolder } from '../../source/scan-project.ts';

/** What the overlay makes of settings, with the types of the values. */
const program = `
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from roadie_overlay import _set
settings = {"STATIC_ROOT": Path("/code/static"), "MEDIA_ROOT": "/code/media", "DATABASES": {"default": {"NAME": Path("/code/db")}}}
_set(settings, ["STATIC_ROOT"], "/release/static")
_set(settings, ["MEDIA_ROOT"], "/data/media")
_set(settings, ["FILES_ROOT"], "/data/files")
_set(settings, ["DATABASES", "default", "NAME"], "shop")
print(settings)
`;

test('a folder that the settings have as a Path stays one, since the project goes on with `/`', () => {
  const ran = spawnSync('/usr/bin/python3', ['-B', '-c', program, pythonFolder], { encoding: 'utf8' });
  expect(ran.stderr).toBe('');
  expect(ran.stdout.trim()).toBe(
    "{'STATIC_ROOT': PosixPath('/release/static'), 'MEDIA_ROOT': '/data/media', 'DATABASES': {'default': {'NAME': 'shop'}}, 'FILES_ROOT': '/data/files'}",
  );
});
