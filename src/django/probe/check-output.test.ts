import { expect, test } from 'vitest';

import { parseChecks } from './check-output.ts';

const output = `System check identified some issues:

ERRORS:
shop.Order.item: (fields.E300) Field defines a relation with model 'Item', which is either not installed, or is abstract.

WARNINGS:
?: (security.W004) You have not set a value for the SECURE_HSTS_SECONDS setting. If your entire site is served only over SSL, you may want to consider setting a value.
?: (urls.W005) URL namespace 'admin' isn't unique. You may not be able to reverse all URLs in this namespace
\tHINT: Give each its own namespace.

System check identified 3 issues (1 silenced).
`;

test("Django's findings are read with their level, id, reason and hint", () => {
  expect(parseChecks(output)).toEqual([
    {
      level: 'error',
      id: 'fields.E300',
      what: "shop.Order.item: Field defines a relation with model 'Item', which is either not installed, or is abstract.",
      why: "Django's own deployment check",
      cure: 'Change what it names, then check again.',
    },
    {
      level: 'warning',
      id: 'security.W004',
      what: 'You have not set a value for the SECURE_HSTS_SECONDS setting.',
      why: 'If your entire site is served only over SSL, you may want to consider setting a value.',
      cure: 'Set SECURE_HSTS_SECONDS in the settings.',
    },
    {
      level: 'warning',
      id: 'urls.W005',
      what: "URL namespace 'admin' isn't unique.",
      why: 'You may not be able to reverse all URLs in this namespace',
      cure: 'Give each its own namespace.',
    },
  ]);
});

test('what shall be set to what is the cure', () => {
  const line = '?: (security.W005) You have not set the SECURE_HSTS_INCLUDE_SUBDOMAINS setting to True. Without this …';
  expect(parseChecks(line)[0]?.cure).toBe(
    'Set SECURE_HSTS_INCLUDE_SUBDOMAINS = True in the settings, if that suits the site.',
  );
});

test('no issues are no findings', () => {
  expect(parseChecks('System check identified no issues (0 silenced).\n')).toEqual([]);
});
