import type { RoadieEvent } from '../../contract/events.ts';
import type { Output } from '../environment.ts';
import { eventLine } from './events.ts';
import type { Style } from './style.ts';
import { cut, duration, harmless } from './text.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const eraseLine = '\r\u001B[2K';

type Running = { readonly title: string; readonly log: string | undefined; readonly began: number };

/**
 * A job as it happens: a line for each finished step, and on a terminal a moving line that says what runs, for how long, and
 * where its log is. Whoever owns it calls `tick` a few times a second and `end` at the end.
 */
export class Progress {
  readonly #out: Output;
  readonly #style: Style;
  readonly #moving: boolean;
  readonly #columns: number;
  readonly #now: () => number;
  readonly #running = new Map<string, Running>();
  #frame = 0;
  #drawn = false;
  #idle: Running | undefined;

  constructor(
    out: Output,
    options: {
      readonly style: Style;
      readonly moving: boolean;
      readonly columns: number;
      readonly now: () => number;
      /** What is said until the first step. */ readonly waitingFor: string;
    },
  ) {
    this.#out = out;
    this.#style = options.style;
    this.#moving = options.moving;
    this.#columns = options.columns;
    this.#now = options.now;
    this.#idle = { title: options.waitingFor, log: undefined, began: options.now() };
  }

  event(event: RoadieEvent): void {
    switch (event.type) {
      case 'step-started':
        this.#idle = undefined;
        this.#running.set(event.step, { title: event.title, log: event.log, began: this.#now() });
        this.tick();
        return;
      case 'step-finished': {
        const log = this.#running.get(event.step)?.log;
        this.#running.delete(event.step);
        this.say(this.#finished(event, log));
        return;
      }
      case 'note':
        this.say(
          event.level === 'warning'
            ? `${this.#style.yellow('!')} ${harmless(event.text)}`
            : `  ${harmless(event.text)}`,
        );
        return;
      case 'alarm':
      case 'release-switched':
      case 'service-changed':
      case 'daemon-started':
      case 'daemon-stopping':
        this.say(eventLine(event, this.#style));
        return;
      case 'job-started':
      case 'job-finished':
      case 'plan-made':
        // Their words are the command's own: it shows the plan and the result.
        return;
    }
  }

  /** Prints text above the moving line. */
  say(text: string): void {
    this.#erase();
    this.#out.write(text.endsWith('\n') ? text : `${text}\n`);
    this.#draw();
  }

  /** Moves the moving line on. */
  tick(): void {
    this.#frame += 1;
    this.#draw();
  }

  /** Takes the moving line away. */
  end(): void {
    this.#erase();
    this.#running.clear();
    this.#idle = undefined;
  }

  #finished(event: Extract<RoadieEvent, { type: 'step-finished' }>, log: string | undefined): string {
    const { green, red, dim } = this.#style;
    const title = harmless(event.title);
    const detail = event.detail === undefined ? '' : `  ${dim(harmless(event.detail))}`;
    const mark = (sign: string, word: string): string => (this.#moving ? sign : word.padEnd(7));
    switch (event.outcome) {
      case 'done':
        return `${green(mark('✓', 'done'))} ${title}  ${dim(duration(event.seconds))}${detail}`;
      case 'skipped':
        return `${dim(mark('·', 'skipped'))} ${title}${detail}`;
      case 'failed':
        return `${red(mark('✗', 'failed'))} ${title}  ${dim(duration(event.seconds))}${detail}${log === undefined ? '' : `\n  log: ${log}`}`;
    }
  }

  #draw(): void {
    const step = [...this.#running.values()].at(-1) ?? this.#idle;
    if (!this.#moving || !step) return;
    const frame = frames[this.#frame % frames.length] ?? '';
    const seconds = Math.floor((this.#now() - step.began) / 1000);
    const text = `${harmless(step.title)}  ${seconds} s${step.log === undefined ? '' : `  log: ${step.log}`}`;
    this.#out.write(`${eraseLine}${this.#style.cyan(frame)} ${cut(text, this.#columns - 3)}`);
    this.#drawn = true;
  }

  #erase(): void {
    if (this.#drawn) this.#out.write(eraseLine);
    this.#drawn = false;
  }
}
