/** A short text, quoted for one line of a plan. */
function quote(line: string): string {
  const text = line.trim();
  return `'${text.length > 80 ? `${text.slice(0, 79)}…` : text}'`;
}

/**
 * Which lines of a text are not as they should be, for one line of a plan: the stretch between the first and the last line that
 * differs. Line numbers are those of `found`.
 */
export function lineDifferences(found: string, wanted: string): string {
  if (found === wanted) return 'the same';
  const has = found.split('\n');
  const wants = wanted.split('\n');
  let start = 0;
  while (start < has.length && start < wants.length && has[start] === wants[start]) start += 1;
  let end = 0;
  while (
    end < has.length - start &&
    end < wants.length - start &&
    has[has.length - 1 - end] === wants[wants.length - 1 - end]
  )
    end += 1;
  const lines = has.slice(start, has.length - end);
  const others = wants.slice(start, wants.length - end);
  const where = lines.length > 1 ? `lines ${start + 1} to ${start + lines.length}` : `line ${start + 1}`;
  if (lines.length === 0)
    return `${where}: ${others.length === 1 ? quote(others[0] ?? '') : `${others.length} lines`} missing`;
  if (others.length === 0)
    return `${where}: ${lines.length === 1 ? quote(lines[0] ?? '') : `${lines.length} lines`} should not be there`;
  if (lines.length === 1 && others.length === 1)
    return `${where}: ${quote(lines[0] ?? '')} should be ${quote(others[0] ?? '')}`;
  return `${where} differ, from ${quote(lines[0] ?? '')} on`;
}

/**
 * The names of the fields in which two objects differ, and for `environment` the names of its variables: never their values, which can be
 * secret.
 */
export function fieldDifferences(found: object, wanted: object): readonly string[] {
  const before = new Map<string, unknown>(Object.entries(found));
  const after = new Map<string, unknown>(Object.entries(wanted));
  const differing = [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) => canonical(before.get(key)) !== canonical(after.get(key)),
  );
  return differing.map((key) => {
    const [a, b] = [before.get(key), after.get(key)];
    return key === 'environment' && isObject(a) && isObject(b)
      ? `environment (${fieldDifferences(a, b).join(', ')})`
      : key;
  });
}

/** JSON with sorted keys: equal for equal values. */
export function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      isObject(inner) && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? 'null'
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
