import { describe, expect, it } from 'vitest';

import { commandLineOf, groupsOfProcess, parseGroups } from './groups.ts';

describe('lines of group(5)', () => {
  it('are groups with their members; malformed ones are left out', () => {
    expect(parseGroups('roadie-boards_www:x:992:www-data,games\nempty:x:5:\n\nbroken\nbad:x:y:\n')).toEqual([
      { name: 'roadie-boards_www', gid: 992, members: ['www-data', 'games'] },
      { name: 'empty', gid: 5, members: [] },
    ]);
  });
});

describe('a process', () => {
  it('has its groups and its command line', () => {
    const all = process.getgroups?.() ?? [];
    expect(groupsOfProcess(process.pid)?.filter((group) => !all.includes(group))).toEqual([]);
    expect(commandLineOf(process.pid)).toContain('node');
  });

  it('has neither once it is gone', () => {
    expect([groupsOfProcess(2 ** 22 + 1), commandLineOf(2 ** 22 + 1)]).toEqual([undefined, undefined]);
  });
});
