import { runCommand, type Ran } from '../../test/rig/box.ts';

/** Somebody with an account on the machine, who has nothing to do with any site. */
export class LocalUser {
  readonly user: { readonly uid: number; readonly gid: number };
  readonly name: string;

  private constructor(name: string, user: LocalUser['user']) {
    this.name = name;
    this.user = user;
  }

  static async make(name: string): Promise<LocalUser> {
    const made = await runCommand(['useradd', '--no-create-home', '--user-group', '--shell', '/bin/sh', name]);
    if (made.code !== 0) throw new Error(made.all);
    const [, , uid, gid] = (await runCommand(['getent', 'passwd', name])).stdout.split(':');
    return new LocalUser(name, { uid: Number(uid), gid: Number(gid) });
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
    await runCommand(['userdel', this.name]);
  }
}
