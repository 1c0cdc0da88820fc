// stdout when it is a regular file. Node's own stream takes a short write, as of a disk that fills up, for a whole one
// and goes on behind the hole. Invariant: a write is done when all of its bytes are written, or it fails.
import { write } from 'node:fs';
import { Writable } from 'node:stream';

export class FileOutput extends Writable {
  readonly #fd: number;

  constructor(fd: number) {
    super();
    this.#fd = fd;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#writeFrom(chunk, 0, done);
  }

  #writeFrom(chunk: Buffer, from: number, done: (error?: Error | null) => void): void {
    write(this.#fd, chunk, from, chunk.length - from, null, (error, written) => {
      if (error !== null) done(error);
      else if (from + written < chunk.length) this.#writeFrom(chunk, from + written, done);
      else done();
    });
  }
}
