/** Two requirements that exclude each other: what each is, and what both want. */
export type Conflict = { readonly one: string; readonly other: string; readonly about: string };

type Demand = { readonly who: string; readonly target: string; readonly range: string };

/**
 * The first two requirements in the words of uv or pip that no version of a distribution satisfies together; undefined where the
 * words tell of something else.
 */
export function conflictIn(output: string): Conflict | undefined {
  const text = output.replaceAll(/\s+/g, ' ');
  const pip = ofPip(output);
  const demands = pip.length > 0 ? pip : ofUv(text);
  for (const target of new Set(demands.map((demand) => demand.target))) {
    const about = demands.filter((demand) => demand.target === target);
    const [first] = about;
    const second = about.find((demand) => first !== undefined && nameOf(demand.who) !== nameOf(first.who));
    if (first && second) return { one: told(first), other: told(second), about: target };
  }
  return undefined;
}

/** `Because a==1 depends on b>=2 and you require b==1, we can conclude that …`: what it concludes is left out. */
function ofUv(text: string): readonly Demand[] {
  const found: Demand[] = [];
  let who = '';
  const premises = text.replaceAll(/,? we can conclude that .*?\.(?= And because| *$)/g, ' and ');
  for (const clause of premises.split(/ and |(?:^| )[Bb]ecause /)) {
    const [, subject, depends, rest] = /^(?:(you) require|(\S+) depends on) (.*)$/.exec(clause.trim()) ?? [];
    who = subject ?? depends ?? who;
    // A second thing that the same one wants stands by itself.
    const [, target, range] =
      /^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?((?:[=<>!~]=?[\w.*+!]+,?)+)$/.exec(rest ?? clause.trim()) ?? [];
    if (who !== '' && target !== undefined && range !== undefined)
      found.push({ who, target: target.toLowerCase(), range: range.replace(/,$/, '') });
  }
  return found;
}

/** `    a 1.0 depends on b>=2`, `    The user requested b==1`. */
function ofPip(output: string): readonly Demand[] {
  return output.split('\n').flatMap((line) => {
    const [, name, version, target, range] =
      /^\s+([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])? (\S+) depends on ([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*([=<>!~].*)$/.exec(
        line,
      ) ?? [];
    if (name !== undefined && target !== undefined)
      return [{ who: `${name}==${version ?? ''}`, target: target.toLowerCase(), range: (range ?? '').trim() }];
    const [, wanted, asked] =
      /^\s+The user requested ([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*([=<>!~].*)$/.exec(line) ?? [];
    return wanted === undefined ? [] : [{ who: 'you', target: wanted.toLowerCase(), range: (asked ?? '').trim() }];
  });
}

function nameOf(who: string): string {
  return /^[\w.-]+/.exec(who)?.[0].toLowerCase() ?? who;
}

function told({ who, target, range }: Demand): string {
  return who === 'you' ? `${target}${range}` : `${who} (which wants ${target}${range})`;
}
