import { closeLog, isLost, type LogSpec, logSize, openLog } from '../machine/logs/log-files.ts';
import type { LogRotation } from '../machine/logs/log-rotation.ts';

/** A service's log, open in the daemon so that a restart need not open it, and looked after by the rotation. */
export class ServiceLog {
  readonly #rotation: LogRotation;
  #open: { readonly fd: number; readonly path: string; readonly release: () => void } | undefined;
  /** The byte that the newest process's output begins at. */
  from = 0;

  constructor(rotation: LogRotation) {
    this.#rotation = rotation;
  }

  /** The descriptor for the next process, opened where it is not yet, or where the file was taken away. */
  begin(log: () => LogSpec, gid: number | undefined): number {
    const { path } = log();
    if (this.#open?.path !== path || isLost(this.#open.fd)) {
      this.close();
      const fd = openLog(path, gid);
      this.#open = { fd, path, release: this.#rotation.add(fd, log) };
    }
    this.from = logSize(this.#open.fd);
    return this.#open.fd;
  }

  close(): void {
    this.#open?.release();
    if (this.#open) closeLog(this.#open.fd);
    this.#open = undefined;
  }
}
