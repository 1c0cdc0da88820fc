// Lines to stdout. Invariants: `write` resolves when the system has taken all of it, so that a cursor may move on; a
// reader that went away (EPIPE) is the quiet end of the command, any other failure is thrown.
import type { Output } from './host.ts';

/** Whoever read the output has closed it. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

export class LineOutput {
  readonly #stream: Output;
  readonly #closed = new AbortController();

  constructor(stream: Output) {
    this.#stream = stream;
    // The same error also reaches the callback of `write`; while nothing is written this is how we hear of it.
    stream.on('error', () => this.#closed.abort());
  }

  /** Aborts when nothing more can be written, so that whoever waits for events may end. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Writes whole lines. @throws OutputClosed when the reader is gone; the stream's error otherwise */
  write(text: string | Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(text, (error) => {
        if (error === undefined || error === null) resolve();
        else reject(isGone(error) ? new OutputClosed('the reader of the output is gone', { cause: error }) : error);
      });
    });
  }
}

function isGone(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || code === 'EOF';
}
