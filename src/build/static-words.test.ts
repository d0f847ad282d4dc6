import { expect, test } from 'vitest';

import { compressesNothing, missingStatic } from './static-words.ts';

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

test('a compressor that is switched off, or leaves it to the first request, has nothing to do beforehand', () => {
  // django-compressor 4.5.1, management/commands/compress.py: COMPRESS_ENABLED, then COMPRESS_OFFLINE.
  expect(
    compressesNothing(
      'INFO plugins loaded\nCommandError: Compressor is disabled. Set the COMPRESS_ENABLED setting or use --force to override.',
    ),
  ).toBe(true);
  expect(
    compressesNothing(
      'CommandError: Offline compression is disabled. Set COMPRESS_OFFLINE or use the --force to override.',
    ),
  ).toBe(true);
  expect(
    compressesNothing("CommandError: An error occurred during rendering base.html: 'shop.css' could not be found"),
  ).toBe(false);
});
