// What the command says on stderr, line by line, beside a status line on a terminal. Invariant: a notice never lands
// in the middle of the status line, and without a terminal there is no status line.
import type { Host, Output } from './host.ts';

const CLEAR = '\r\u001b[K';

export class Notices {
  readonly #out: Output;
  readonly canShowStatus: boolean;
  #status = '';

  constructor({ stderr, env }: Pick<Host, 'stderr' | 'env'>) {
    this.#out = stderr;
    this.canShowStatus = stderr.isTTY === true && env.TERM !== 'dumb';
  }

  say(text: string): void {
    this.#out.write(this.#status === '' ? `${text}\n` : `${CLEAR}${text}\n${this.#status}`);
  }

  /** Puts a status line in place of the last one; an empty one takes it away. */
  status(text: string): void {
    if (!this.canShowStatus || text === this.#status) return;
    // A terminal that does not know its width says 0.
    this.#status = text.slice(0, Math.max(10, (this.#out.columns || 80) - 1));
    this.#out.write(`${CLEAR}${this.#status}`);
  }
}
