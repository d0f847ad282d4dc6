import { expect, test } from 'vitest';

import { placeInProject, tellingLines } from './problems.ts';

const worker = [
  'Traceback (most recent call last):',
  '  File "wsgi.py", line 9, in <module>',
  'RuntimeError: no such thing',
];
const master = ['Traceback (most recent call last):', '  File "gunicorn/arbiter.py", line 683', 'HaltServer: 3'];

test("the first traceback is shown, not the main process's that follows from it", () => {
  expect(tellingLines(['[ERROR] Exception in worker process', ...worker, '[INFO] Worker exiting', ...master])).toEqual(
    worker,
  );
});

test('of errors that were raised one behind the other the last is shown', () => {
  const chained = ['KeyError: 1', '', 'During handling of the above exception, another exception occurred:', ''];
  const lines = [worker[0] ?? '', worker[1] ?? '', ...chained, ...worker, 'more'];
  expect(tellingLines(lines)).toEqual(worker);
});

test('a long traceback keeps its beginning and its end', () => {
  const long = [...Array.from({ length: 40 }, (_, at) => `  frame ${at}`), 'ValueError: deep'];
  const shown = tellingLines([worker[0] ?? '', ...long]);
  expect(shown.slice(0, 2)).toEqual([worker[0], '  …']);
  expect(shown.at(-1)).toBe('ValueError: deep');
  expect(shown.length).toBeLessThan(15);
});

test('without a traceback the last lines are shown', () => {
  expect(tellingLines(Array.from({ length: 50 }, (_, at) => `line ${at}`)).at(-1)).toBe('line 49');
  expect(tellingLines([])).toEqual([]);
});

test("the place is the project's own line that the error came from", () => {
  const lines = [
    'Traceback (most recent call last):',
    '  File "/s/releases/1/venv/lib/python3.11/site-packages/gunicorn/app/base.py", line 9, in load',
    '  File "/s/releases/1/code/gunicorn.conf.py", line 3, in <module>',
    '    import nothing_of_that_name',
    '  File "/usr/lib/python3.11/importlib/__init__.py", line 126, in import_module',
    "ModuleNotFoundError: No module named 'nothing_of_that_name'",
  ];
  expect(placeInProject(lines, '/s/releases/1/code')).toEqual({ file: 'gunicorn.conf.py', line: 3 });
  expect(placeInProject(lines, '/s/releases/2/code')).toBeUndefined();
  expect(placeInProject(['no traceback'], '/s')).toBeUndefined();
});
