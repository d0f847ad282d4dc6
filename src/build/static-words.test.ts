import { expect, test } from 'vitest';

import { missingStatic } from './static-words.ts';

test('a missing static file is named with the file that refers to it', () => {
  const django = `Post-processing 'shop/site.css' failed!

Traceback (most recent call last):
  File "manage.py", line 5, in <module>
ValueError: The file 'shop/none.png' could not be found with <django.contrib.staticfiles.storage.ManifestStaticFilesStorage object at 0x7f>.
`;
  expect(missingStatic(django)).toEqual({ missing: 'shop/none.png', from: 'shop/site.css' });
  const whitenoise = `whitenoise.storage.MissingFileError: The file 'shop/none.png' could not be found with <whitenoise.storage.CompressedManifestStaticFilesStorage object at 0x7f>.
The CSS file 'shop/site.css' references a file which could not be found:
  shop/none.png
`;
  expect(missingStatic(whitenoise)).toEqual({ missing: 'shop/none.png', from: 'shop/site.css' });
});

test('without a file that refers to it, and without anything missing', () => {
  expect(missingStatic("ValueError: Missing staticfiles manifest entry for 'a.css'")).toEqual({ missing: 'a.css' });
  expect(missingStatic("Post-processing 'All' failed!\nRuntimeError: Max post-process passes exceeded.")).toEqual({});
  expect(missingStatic('OSError: No space left on device')).toEqual({});
});
