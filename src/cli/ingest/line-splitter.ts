// Cuts a stream of bytes into lines at \n and nowhere else, in constant memory. Hop before: a file or stdin; hop after:
// the line reader, which gets whole lines in blocks as they lie in a chunk, and a line that spans chunks by itself.
// Invariant: every byte of the stream is in exactly one line, and a line that is too long is told and not kept.

const LINE_FEED = 10;

/** What the lines go to. Each call is awaited before the next. */
export interface LineSink {
  /** Whole lines, each with its \n. Returns a promise only when it has to wait. */
  block(lines: Buffer): Promise<void> | undefined;
  /** One line without its \n. */
  line(bytes: Buffer): Promise<void> | undefined;
  /** A line over the limit; its bytes are gone. */
  tooLong(byteLength: number): void;
}

export class LineSplitter {
  readonly #sink: LineSink;
  readonly #maxLineBytes: number;
  #pieces: Buffer[] = [];
  /** Bytes of the line that has no end yet; above the limit its pieces are not kept. */
  #length = 0;

  constructor(sink: LineSink, maxLineBytes: number) {
    this.#sink = sink;
    this.#maxLineBytes = maxLineBytes;
  }

  async push(chunk: Buffer): Promise<void> {
    const last = chunk.lastIndexOf(LINE_FEED);
    if (last < 0) {
      this.#keep(chunk);
      return;
    }
    let start = 0;
    if (this.#length > 0) {
      const first = chunk.indexOf(LINE_FEED);
      this.#keep(chunk.subarray(0, first));
      await this.#endLine();
      start = first + 1;
    }
    if (start <= last) await this.#sink.block(chunk.subarray(start, last + 1));
    this.#keep(chunk.subarray(last + 1));
  }

  /** The stream has ended: what is left is the last line, though no \n follows. */
  async end(): Promise<void> {
    if (this.#length > 0) await this.#endLine();
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#length += piece.length;
    if (this.#length > this.#maxLineBytes) this.#pieces = [];
    else this.#pieces.push(piece);
  }

  async #endLine(): Promise<void> {
    const length = this.#length;
    const pieces = this.#pieces;
    this.#length = 0;
    this.#pieces = [];
    if (length > this.#maxLineBytes) this.#sink.tooLong(length);
    else await this.#sink.line(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces, length));
  }
}
