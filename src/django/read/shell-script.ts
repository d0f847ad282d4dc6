/** One simple command of a shell's text, as it is written. */
export type ShellCommand = {
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** Whether it runs only where something holds: in a branch, a loop, a function, after `||` or behind a test. */
  readonly conditional: boolean;
  /** Its failure is passed over: `|| true`. */
  readonly tolerated: boolean;
  /** What follows does not wait for it. */
  readonly background: boolean;
};

/** What ends a command, longest first. */
const separators = ['&&', '||', ';;', ';', '|', '&', '\n', '(', ')'];

const opening = /^(?:if|case|for|while|until|select)\b/;
const closing = /^(?:fi|esac|done)\b/;
/** Words before a command that are no part of it. */
const leading = /^(?:then|do|else|elif|!|\{)\s+/;
const condition = /^(?:\[|\[\[|test|command -v|which|type)\s/;

/** `if [ "$1" = "gunicorn" ]`, and with `!=`. */
const asksFirstWord =
  /^(?:if|elif)\s+(?:\[\[?|test)\s+(["']?)\$\{?1\}?\1\s+(==?|!=)\s+(["']?)([\w./-]+)\3(?:\s+\]\]?)?$/;

/** Whether a branch runs; undefined where nobody knows here, `past` behind one that did. */
type Branch = boolean | 'past' | undefined;

/**
 * The simple commands of a script for sh or bash, in order. It is read, never run: what is written is told apart and nothing is
 * expanded. Where a branch would lead nobody asks, unless it asks for `first`, the script's first argument: what that leaves out is
 * left out.
 */
export function shellCommands(script: string, first?: string): readonly ShellCommand[] {
  const found: (ShellCommand & { tolerated: boolean; background: boolean })[] = [];
  let word = first;
  const branches: Branch[] = [];
  let before = '\n';
  for (const { text: raw, line, end } of pieces(withoutHeredocs(script))) {
    let text = raw.trim();
    const previous = found.at(-1);
    const conditional =
      branches.includes(undefined) || before === '||' || before === '|' || (before === '&&' && isTest(previous?.text));
    // The head of a branch or a loop asks; its command belongs to the condition.
    if (opening.test(text)) branches.push(answer(text, end, word));
    else if (closing.test(text) || text === '}') branches.pop();
    else if (text === '{') branches.push(undefined);
    else if (!/^[\w-]+$/.test(text) || end !== '(') {
      if (/^(?:else|elif)\b/.test(text) && branches.length > 0)
        branches.push(otherwise(branches.pop(), text, end, word));
      if (/^(?:shift|set --)(?:\s|$)/.test(text)) word = undefined;
      while (leading.test(text)) text = text.replace(leading, '');
      if (before === '||' && /^(?:true|:|exit 0|echo\b.*)$/.test(text) && previous) previous.tolerated = true;
      else if (
        text !== '' &&
        !branches.some((branch) => branch === false || branch === 'past') &&
        !/^(?:then|do|else|elif)$/.test(text)
      )
        found.push({ text, line, conditional, tolerated: false, background: end === '&' });
    }
    if (text !== '' || end !== '\n') before = end;
  }
  return found;
}

/** What is behind the condition of an `if` or `elif`: one that goes on behind its end is nobody's to answer. */
function answer(text: string, end: string, first: string | undefined): Branch {
  const [, , operator, , wanted] = asksFirstWord.exec(text) ?? [];
  return wanted === undefined || first === undefined || !/^[;\n]$/.test(end)
    ? undefined
    : (first === wanted) === (operator !== '!=');
}

/** The branch behind one. */
function otherwise(branch: Branch, text: string, end: string, first: string | undefined): Branch {
  if (branch !== false) return branch === undefined ? undefined : 'past';
  return text.startsWith('else') || answer(text, end, first);
}

function isTest(text: string | undefined): boolean {
  return text !== undefined && condition.test(`${text} `);
}

/** The text of a here-document is another program's; its lines are left empty, so that the numbers of lines stay. */
function withoutHeredocs(script: string): string {
  let until: RegExp | undefined;
  return script
    .split('\n')
    .map((line) => {
      if (until) {
        if (until.test(line)) until = undefined;
        return '';
      }
      const word = /<<-?\s*(["']?)([A-Za-z_]\w*)\1/.exec(line)?.[2];
      if (word !== undefined) until = new RegExp(`^\\s*${word}\\s*$`);
      return line;
    })
    .join('\n');
}

/** The text between separators that stand outside of quotes, without comments; a backslash before the end of a line continues it. */
function pieces(script: string): readonly { readonly text: string; readonly line: number; readonly end: string }[] {
  const found: { text: string; line: number; end: string }[] = [];
  let text = '';
  let line = 1;
  let began = 1;
  let quote = '';
  for (let index = 0; index < script.length; index += 1) {
    const character = script[index] ?? '';
    if (character === '\n') line += 1;
    if (text.trim() === '') began = line - (character === '\n' ? 1 : 0);
    if (character === '\\' && quote !== "'") {
      index += 1;
      if (script[index] === '\n') {
        line += 1;
        text += ' ';
      } else text += character + (script[index] ?? '');
    } else if (quote !== '') {
      if (character === quote) quote = '';
      text += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      text += character;
    } else if (character === '#' && /(?:^|\s)$/.test(text)) {
      while (index + 1 < script.length && script[index + 1] !== '\n') index += 1;
    } else {
      const separator = separators.find((one) => script.startsWith(one, index));
      // `2>&1`, `>&2` and `&>file` redirect; `$(…)` and `${…}` belong to a word.
      const redirection = character === '&' && (/[<>]$/.test(text) || script[index + 1] === '>');
      const substitution = character === '(' && text.endsWith('$');
      if (substitution) {
        const close = script.indexOf(')', index);
        const inside = script.slice(index, close < 0 ? undefined : close + 1);
        line += inside.split('\n').length - 1;
        text += inside;
        index += inside.length - 1;
      } else if (separator !== undefined && !redirection) {
        found.push({ text, line: began, end: separator });
        text = '';
        index += separator.length - 1;
      } else text += character;
    }
  }
  found.push({ text, line: began, end: '\n' });
  return found;
}
