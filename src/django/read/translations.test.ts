import { expect, it } from 'vitest';

import { uncompiledCatalogues } from './translations.ts';

it('finds catalogues that nobody has compiled', () => {
  expect(
    uncompiledCatalogues([
      'locale/de/LC_MESSAGES/django.po',
      'shop/locale/pt_BR/LC_MESSAGES/djangojs.po',
      'shop/locale/fr/LC_MESSAGES/django.po',
      'shop/locale/fr/LC_MESSAGES/django.mo',
      'node_modules/x/locale/de/LC_MESSAGES/x.po',
      'docs/notes.po',
    ]),
  ).toEqual(['locale/de/LC_MESSAGES/django.po', 'shop/locale/pt_BR/LC_MESSAGES/djangojs.po']);
});
