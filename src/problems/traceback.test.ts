import { expect, test } from 'vitest';

import { errorLine, placeInProject, tellingLines } from './traceback.ts';

const worker = [
  'Traceback (most recent call last):',
  '  File "wsgi.py", line 9, in <module>',
  'RuntimeError: no such thing',
];
const master = ['Traceback (most recent call last):', '  File "gunicorn/arbiter.py", line 683', 'HaltServer: 3'];

test("the first traceback is shown, not the main process's that follows from it", () => {
  const log = ['[ERROR] Exception in worker process', ...worker, '[INFO] Worker exiting', ...master];
  expect(tellingLines(log, '/s')).toEqual(worker);
});

test('of errors that were raised one behind the other the last is shown', () => {
  const chained = ['KeyError: 1', '', 'During handling of the above exception, another exception occurred:', ''];
  const lines = [worker[0] ?? '', worker[1] ?? '', ...chained, ...worker, 'more'];
  expect(tellingLines(lines, '/s')).toEqual(worker);
});

test('a long traceback keeps its beginning and its end', () => {
  const long = [...Array.from({ length: 40 }, (_, at) => `  frame ${at}`), 'ValueError: deep'];
  const shown = tellingLines([worker[0] ?? '', ...long], '/s');
  expect(shown.slice(0, 2)).toEqual([worker[0], '  …']);
  expect(shown.at(-1)).toBe('ValueError: deep');
  expect(shown.length).toBeLessThan(15);
});

test("of a long traceback the project's own frames are shown, and the innermost one", () => {
  const foreign = (at: number): readonly string[] => [
    `  File "/r/venv/lib/python3.13/site-packages/django/template/base.py", line ${at}, in render`,
    '    return self.nodelist.render(context)',
    '           ~~~~~~~~~~~~~~~~~~~~^^^^^^^^^',
  ];
  const own = ['  File "/r/code/shop/tags.py", line 7, in price', '    return prices[name]'];
  const deep = [1, 2, 3, 4, 5].flatMap(foreign);
  const log = ['Traceback (most recent call last):', ...deep, ...own, ...deep, "KeyError: 'tea'"];
  expect(tellingLines(log, '/r/code')).toEqual([log[0], '  …', ...own, '  …', ...foreign(5), "KeyError: 'tea'"]);
});

test('without a traceback the last lines are shown', () => {
  expect(
    tellingLines(
      Array.from({ length: 50 }, (_, at) => `line ${at}`),
      '/s',
    ).at(-1),
  ).toBe('line 49');
  expect(tellingLines([], '/s')).toEqual([]);
});

test('what a program ended with is the error itself, or the last line that says anything', () => {
  expect(errorLine([...worker, '[INFO] Worker exiting', ...master], '/s')).toBe('RuntimeError: no such thing');
  expect(errorLine(['Usage: celery', 'Error: Unable to load the app. ', ''], '/s')).toBe(
    'Error: Unable to load the app.',
  );
  expect(errorLine([], '/s')).toBeUndefined();
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

test("frames of Roadie's own code are left out, however short the traceback is", () => {
  const lines = [
    'Traceback (most recent call last):',
    '  File "/s/venv/lib/python3.11/site-packages/roadie_wsgi.py", line 9, in <module>',
    '    application = load()',
    '                  ^^^^^^',
    '  File "/s/code/shop/wsgi.py", line 3, in <module>',
    '    import nothing',
    "ModuleNotFoundError: No module named 'nothing'",
  ];
  expect(tellingLines(lines, '/s/code')).toEqual([lines[0], ...lines.slice(4)]);
});
