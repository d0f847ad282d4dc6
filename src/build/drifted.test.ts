import { describe, expect, it } from 'vitest';

import { driftedIn } from './drifted.ts';

const failure = (type: string, text: string, innermost: string) => ({
  type,
  text,
  traceback: `Traceback (most recent call last):\n  File "/code/shop/urls.py", line 3, in <module>\n    import x\n  File "${innermost}", line 7, in <module>\n    from y import z\n${type}: ${text}`,
});

const packages = '/r/venv/lib/python3.12/site-packages';

describe('packages that have drifted apart', () => {
  it.each([
    [
      'ImportError',
      "cannot import name 'url_quote' from 'werkzeug.urls' (x)",
      `${packages}/flask/app.py`,
      { asking: 'flask', asked: 'werkzeug' },
    ],
    [
      'ModuleNotFoundError',
      "No module named 'django.utils.six'",
      `${packages}/rest_auth/views.py`,
      { asking: 'rest_auth', asked: 'django' },
    ],
    [
      'AttributeError',
      "module 'kombu.utils' has no attribute 'cached'",
      `${packages}/six_like.py`,
      { asking: 'six_like', asked: 'kombu' },
    ],
  ])('%s: %s', (type, text, innermost, pair) => {
    expect(driftedIn(failure(type, text, innermost))).toEqual(pair);
  });

  it.each([
    ['ImportError', "cannot import name 'x' from 'django.conf'", '/code/shop/views.py'],
    ['ModuleNotFoundError', "No module named 'six'", `${packages}/a/b.py`],
    ['ImportError', "cannot import name 'x' from 'a.c'", `${packages}/a/b.py`],
    ['KeyError', "'a'", `${packages}/a/b.py`],
  ])('not %s: %s', (type, text, innermost) => {
    expect(driftedIn(failure(type, text, innermost))).toBeUndefined();
  });
});
