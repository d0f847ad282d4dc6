import { runCommand, type Ran } from '../../test/rig/box.ts';
import { type SystemUser, userNamed } from '../../test/rig/trespass.ts';

/** Somebody with an account on the machine, who has nothing to do with any site. */
export class LocalUser {
  readonly user: SystemUser;
  readonly #name: string;

  private constructor(name: string, user: SystemUser) {
    this.#name = name;
    this.user = user;
  }

  static async make(name: string): Promise<LocalUser> {
    const made = await runCommand(['useradd', '--no-create-home', '--user-group', '--shell', '/bin/sh', name]);
    if (made.code !== 0) throw new Error(made.all);
    return new LocalUser(name, await userNamed(name));
  }

  /** Runs a command with nothing but this user's rights. */
  run(command: readonly [string, ...string[]], input?: string): Promise<Ran> {
    const { uid, gid } = this.user;
    return runCommand(
      ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', 'env', '-i', 'PATH=/usr/bin:/bin', ...command],
      input === undefined ? {} : { input },
    );
  }

  async remove(): Promise<void> {
    await runCommand(['userdel', this.#name]);
  }
}
