import { execFileSync } from 'node:child_process';
import { rename } from 'node:fs/promises';

/** A clone of a project and the bare repository that it is pushed to. */
export class GitRepository {
  /** The work tree: the project's own folder. */
  readonly work: string;
  readonly bare: string;

  private constructor(work: string) {
    this.work = work;
    this.bare = `${work}.git`;
  }

  /** Puts a folder under git, on the branch main, with a bare repository beside it that has its first commit. */
  static make(folder: string): GitRepository {
    const repository = new GitRepository(folder);
    repository.git('init', '--quiet', '--initial-branch=main');
    repository.git('init', '--quiet', '--bare', '--initial-branch=main', repository.bare);
    repository.git('remote', 'add', 'origin', repository.bare);
    repository.push('first');
    return repository;
  }

  get url(): string {
    return `file://${this.bare}`;
  }

  /** Commits all that has changed and pushes it; answers the commit's hash. */
  push(message: string, options: { readonly branch?: string; readonly force?: boolean } = {}): string {
    this.commit(message);
    const refspec = `HEAD:refs/heads/${options.branch ?? 'main'}`;
    this.git('push', '--quiet', ...(options.force === true ? ['--force'] : []), 'origin', refspec);
    return this.head();
  }

  commit(message: string): string {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '-m', message);
    return this.head();
  }

  head(): string {
    return this.git('rev-parse', 'HEAD').trim();
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.org', ...args], {
      cwd: this.work,
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    }).toString();
  }

  /** Takes the bare repository away; the answer puts it back. */
  async takeAway(): Promise<() => Promise<void>> {
    await rename(this.bare, `${this.bare}.away`);
    return () => rename(`${this.bare}.away`, this.bare);
  }
}
