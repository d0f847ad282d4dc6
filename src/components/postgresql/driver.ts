/**
 * Whether a Django requirement allows only versions before 4.2, which do not know psycopg 3. Looks at the bounds alone:
 * `==3.2.*`, `~=3.2`, `<4` and `<=4.1` do; `>=3.2` and '' do not.
 */
export function wantsOldDriver(specifier: string): boolean {
  return specifier.split(',').some((clause) => {
    const match = /^\s*(===?|~=|<=?)\s*v?(\d+)(?:\.(\d+))?/.exec(clause);
    if (!match) return false;
    const operator = match[1];
    const major = Number(match[2]);
    const minor = match[3] === undefined ? 0 : Number(match[3]);
    // `~=4.1` allows 4.2, `~=4.1.0` does not.
    const below42 = major < 4 || (major === 4 && minor < 2);
    if (operator === '<') return major < 4 || (major === 4 && minor <= 2);
    if (operator === '~=') return major < 4 || (/^\s*~=\s*\d+\.\d+\.\d+/.test(clause) && below42);
    return below42;
  });
}
