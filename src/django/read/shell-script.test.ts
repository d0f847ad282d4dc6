import { describe, expect, it } from 'vitest';

import { shellCommands } from './shell-script.ts';

const told = (script: string): readonly string[] =>
  shellCommands(script).map(
    ({ text, line, conditional, tolerated, background }) =>
      `${line}${conditional ? '?' : ''}${tolerated ? '~' : ''}${background ? '&' : ''} ${text}`,
  );

describe('the commands of a shell script', () => {
  it('are told apart, with their lines and without comments', () => {
    expect(
      told(
        '#!/bin/sh\nset -e\n# migrate first\npython manage.py migrate && python manage.py loaddata a.json; echo "a; b" # done\nexec "$@"\n',
      ),
    ).toEqual([
      '2 set -e',
      '4 python manage.py migrate',
      '4 python manage.py loaddata a.json',
      '4 echo "a; b"',
      '5 exec "$@"',
    ]);
  });

  it('are conditional in branches, loops and functions, behind a test and after a failure', () => {
    expect(
      told(
        [
          'if [ "$FLUSH" = 1 ]; then',
          '  python manage.py flush',
          'fi',
          'while ! nc -z db 5432; do sleep 1; done',
          'ready() {',
          '  python manage.py check',
          '}',
          '[ -n "$X" ] && python manage.py demo',
          'a || b',
          'python manage.py setup',
        ].join('\n'),
      ).filter((line) => line.includes('manage.py') || / [ab]$/.test(line)),
    ).toEqual([
      '2? python manage.py flush',
      '6? python manage.py check',
      '8? python manage.py demo',
      '9 a',
      '9? b',
      '10 python manage.py setup',
    ]);
  });

  it('are those of the branch that the first argument leads to', () => {
    const script = (head: string): string =>
      `${head}\n  python manage.py themes\nelif [ "$1" = celery ]; then\n  python manage.py queue\nelse\n  python manage.py other\nfi\n`;
    const commands = (text: string, first?: string): readonly string[] =>
      shellCommands(text, first).flatMap(({ text: each, conditional }) =>
        each.startsWith('python') ? [`${conditional ? '?' : ''}${each.slice(17)}`] : [],
      );
    const head = 'if [ "$1" = "gunicorn" ]; then';
    expect(commands(script(head), 'gunicorn')).toEqual(['themes']);
    expect(commands(script(head), 'celery')).toEqual(['queue']);
    expect(commands(script(head), 'bash')).toEqual(['other']);
    expect(commands(script('if [[ $1 != web ]]; then'), 'web')).toEqual(['other']);
    expect(commands(script(head))).toEqual(['?themes', '?queue', '?other']);
    expect(commands(script('if [ "$1" = "gunicorn" ] && [ "$X" ]; then'), 'gunicorn')).toContain('?themes');
    expect(commands(`shift\n${script(head)}`, 'gunicorn')).toContain('?themes');
  });

  it('go over lines that a backslash continues, and leave here-documents out', () => {
    expect(told('python manage.py \\\n  createcachetable\npython << END\nimport sys; sys.exit(0)\nEND\nlast')).toEqual([
      '1 python manage.py    createcachetable',
      '3 python << END',
      '6 last',
    ]);
  });

  it('may fail, run beside others, and redirect what they print', () => {
    expect(told('a > log 2>&1 || true\nb &\nc $(date; pwd) d\n')).toEqual([
      '1~ a > log 2>&1',
      '2& b',
      '3 c $(date; pwd) d',
    ]);
  });
});
