import { endUser } from '../../src/machine/processes/end-user.ts';
import { ensureSystemUser, lookupUser, removeSystemUser, type User } from '../../src/machine/users/users.ts';

/** System users of a test's own, named as a site's; {@link SystemUsers.remove} ends what runs as them and takes them away. */
export class SystemUsers {
  readonly #made: User[] = [];
  readonly #tag = Math.random().toString(36).slice(2, 7);

  async make(word: string): Promise<User> {
    const user = await ensureSystemUser(`roadie-${word}-${this.#tag}`, `/nonexistent/${word}-${this.#tag}`);
    this.#made.push(user);
    return user;
  }

  async remove(): Promise<void> {
    for (const user of this.#made) {
      if (!(await lookupUser(user.name))) continue;
      await endUser(user);
      await removeSystemUser(user.name);
    }
  }
}
