import { describe, expect, it } from 'vitest';

import { conflictIn } from './conflict.ts';

describe('two requirements that do not go together', () => {
  it.each([
    [
      'error: No solution found when resolving dependencies\n  cause: Because celery==5.2.7 depends on kombu>=5.2.3,<6.0 and you require celery==5.2.7, we can conclude that you require kombu>=5.2.3,<6.0.\n         And because you require kombu==4.6.11, we can conclude that your requirements are unsatisfiable.\n',
      { one: 'celery==5.2.7 (which wants kombu>=5.2.3,<6.0)', other: 'kombu==4.6.11', about: 'kombu' },
    ],
    [
      '  cause: Because django-filter>=25.2 depends on django>=5.2 and django-filter>=24.1,<=25.1 depends on django>=4.2, we can conclude that django-filter>=24.1 depends on django>=4.2.\n         And because you require django-filter>=24 and django<3, we can conclude that your requirements are unsatisfiable.\n',
      { one: 'django-filter>=25.2 (which wants django>=5.2)', other: 'django<3', about: 'django' },
    ],
    [
      'Because first==1 depends on base>=2 and second==3 depends on base<2, we can conclude that first==1 and second==3 are incompatible.\n',
      { one: 'first==1 (which wants base>=2)', other: 'second==3 (which wants base<2)', about: 'base' },
    ],
  ])('are told from the words of uv', (words, conflict) => {
    expect(conflictIn(words)).toEqual(conflict);
  });

  it('are told from the words of pip', () => {
    expect(
      conflictIn(
        'ERROR: Cannot install celery==5.2.7 and kombu==4.6.11 because these package versions have conflicting dependencies.\n\nThe conflict is caused by:\n    The user requested kombu==4.6.11\n    celery 5.2.7 depends on kombu<6.0 and >=5.2.3\n',
      ),
    ).toEqual({ one: 'kombu==4.6.11', other: 'celery==5.2.7 (which wants kombu<6.0 and >=5.2.3)', about: 'kombu' });
  });

  it('are none in other words', () => {
    expect(
      conflictIn('Because there is no version of nosuch==99 and you require nosuch==99, we can conclude'),
    ).toBeUndefined();
    expect(
      conflictIn(
        'Because a==1 depends on Python>=3.14 and the current Python version (3.11.2) does not satisfy Python>=3.14',
      ),
    ).toBeUndefined();
  });
});
