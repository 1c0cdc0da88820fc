// Cuts a stream of bytes into messages. Invariant: a length is checked against the limit before a byte is allocated for
// it; each message has memory of its own, which is the receiver's to keep or to give back.
import { LENGTH_BYTES } from './layout.ts';

/** What the reader calls. */
export interface MessageReceiver {
  /** A whole message of 1 byte or more. Returns false when no more is to be read. */
  message(bytes: Uint8Array<ArrayBuffer>): boolean;
  /** A length that is not allowed; nothing is read any more. */
  badLength(length: number, limit: number): void;
}

/** Shorter messages are not worth it. */
const LEAST_SPARE_BYTES = 4096;

export class MessageReader {
  /** The longest message from now on; it may change between two messages. */
  limit: number;
  readonly #receiver: MessageReceiver;
  readonly #head = new Uint8Array(LENGTH_BYTES);
  #headBytes = 0;
  #body: Uint8Array<ArrayBuffer> | undefined;
  #bodyBytes = 0;
  #stopped = false;
  readonly #spare: ArrayBuffer[] = [];
  #spareBytes = 0;

  constructor(limit: number, receiver: MessageReceiver) {
    this.limit = limit;
    this.#receiver = receiver;
  }

  /** Takes what has come; calls for each message that is whole by now. */
  read(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.#stopped) {
      at = this.#body === undefined ? this.#readHead(chunk, at) : this.#readBody(chunk, at, this.#body);
    }
  }

  /** Bytes of memory that waits for messages. */
  get spareBytes(): number {
    return this.#spareBytes;
  }

  /** Takes back the memory of a message that nobody reads any more. */
  reuse(memory: ArrayBuffer): void {
    if (memory.byteLength < LEAST_SPARE_BYTES) return;
    this.#spare.push(memory);
    this.#spareBytes += memory.byteLength;
  }

  /** Fresh memory takes the place of some that did not fit. */
  #makeWay(length: number): void {
    for (let freed = 0; freed < length && this.#spare.length > 0; ) {
      const { byteLength } = this.#spare.shift() as ArrayBuffer;
      this.#spareBytes -= byteLength;
      freed += byteLength;
    }
  }

  #readHead(chunk: Uint8Array, from: number): number {
    let at = from;
    while (this.#headBytes < LENGTH_BYTES && at < chunk.length) {
      this.#head[this.#headBytes] = chunk[at] as number;
      this.#headBytes += 1;
      at += 1;
    }
    if (this.#headBytes < LENGTH_BYTES) return at;
    const [a, b, c, d] = this.#head as unknown as [number, number, number, number];
    const length = (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
    if (length === 0 || length > this.limit) {
      this.#stopped = true;
      this.#receiver.badLength(length, this.limit);
      return at;
    }
    this.#headBytes = 0;
    this.#bodyBytes = 0;
    this.#body = this.#memoryFor(length);
    return at;
  }

  #memoryFor(length: number): Uint8Array<ArrayBuffer> {
    const nth = this.#spare.findIndex(({ byteLength }) => byteLength >= length && byteLength <= 2 * length);
    // Not from the pool: whoever keeps the message would keep the pool.
    if (nth < 0) {
      this.#makeWay(length);
      return Buffer.allocUnsafeSlow(length) as Uint8Array<ArrayBuffer>;
    }
    const [memory] = this.#spare.splice(nth, 1) as [ArrayBuffer];
    this.#spareBytes -= memory.byteLength;
    return Buffer.from(memory, 0, length);
  }

  #readBody(chunk: Uint8Array, at: number, body: Uint8Array<ArrayBuffer>): number {
    const end = Math.min(chunk.length, at + body.length - this.#bodyBytes);
    body.set(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end), this.#bodyBytes);
    this.#bodyBytes += end - at;
    if (this.#bodyBytes === body.length) {
      this.#body = undefined;
      if (!this.#receiver.message(body)) this.#stopped = true;
    }
    return end;
  }
}
