/** A finding of Django's checks in the words of `roadie check`. */
export type CheckFinding = {
  readonly level: 'error' | 'warning' | 'advice';
  readonly id: string;
  readonly what: string;
  readonly why: string;
  readonly cure: string;
};

const levels: Readonly<Record<string, CheckFinding['level']>> = {
  CRITICALS: 'error',
  ERRORS: 'error',
  WARNINGS: 'warning',
  INFOS: 'advice',
  DEBUGS: 'advice',
};

/**
 * Reads what `manage.py check --deploy` prints: sections by level, each entry `OBJECT: (ID) TEXT` with an indented `HINT:`.
 * Source: django/core/management/base.py, `BaseCommand.check`, the same since Django 1.7.
 */
export function parseChecks(output: string): CheckFinding[] {
  const findings: CheckFinding[] = [];
  let level: CheckFinding['level'] = 'warning';
  for (const line of output.split('\n')) {
    const section = levels[/^([A-Z]+):\s*$/.exec(line)?.[1] ?? ''];
    const entry = /^(\S.*?): (?:\(([\w.]+)\) )?(.+)$/.exec(line);
    const last = findings.at(-1);
    if (section) level = section;
    else if (/^System check identified (\d|no)/.test(line)) break;
    else if (entry && (entry[2] !== undefined || entry[1] === '?')) {
      findings.push({
        level,
        id: entry[2] ?? 'django',
        what: entry[1] === '?' ? (entry[3] ?? '') : `${entry[1]}: ${entry[3]}`,
        why: "Django's own deployment check",
        cure: cureFor(entry[3] ?? ''),
      });
    } else if (last && /^\s+HINT: /.test(line))
      findings[findings.length - 1] = { ...last, cure: line.trim().slice('HINT: '.length) };
    else if (last && line.trim() !== '' && findings.length > 0 && /^\s/.test(line))
      findings[findings.length - 1] = { ...last, what: `${last.what} ${line.trim()}` };
  }
  return findings.map(splitWhy);
}

/** Django's texts say first what is so, then what may follow from it. */
function splitWhy(finding: CheckFinding): CheckFinding {
  const sentences = finding.what.split(/(?<=\.)\s+(?=[A-Z])/);
  const [what, ...why] = sentences;
  return what !== undefined && why.length > 0 ? { ...finding, what, why: why.join(' ') } : finding;
}

/** Django says what is not set, and leaves what to do to the reader. */
function cureFor(text: string): string {
  const wanted = /\bset(?: the)? ([A-Z][A-Z_]{4,})(?: setting)? to (True|False|'\w+')/.exec(text);
  if (wanted) return `Set ${wanted[1]} = ${wanted[2]} in the settings, if that suits the site.`;
  const setting = /\b([A-Z][A-Z]+(?:_[A-Z]+)+)\b/.exec(text)?.[1];
  return setting === undefined ? 'Change what it names, then check again.' : `Set ${setting} in the settings.`;
}
