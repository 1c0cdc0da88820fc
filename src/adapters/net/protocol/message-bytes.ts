// Reads and writes the fields of replication messages: varints (LEB128, below 2^53), short texts, bytes. Invariant: a length
// is checked against what is left before anything is taken by it.

/** Thrown for bytes that are no message; says what is wrong. The peer that sent them is cut off. */
export class MessageError extends Error {
  override readonly name = 'MessageError';
}

export class MessageReader {
  readonly #bytes: Buffer;
  #at: number;

  /** Reads from the offset `at` on. */
  constructor(message: Uint8Array, at: number) {
    this.#bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
    this.#at = at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    this.#need(1);
    const value = this.#bytes[this.#at] as number;
    this.#at += 1;
    return value;
  }

  /** A whole number up to `most`. */
  varint(most = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (value > most) throw new MessageError(`a number above ${most}`);
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  /** UTF-8 of 1 to `most` bytes. */
  text(most: number): string {
    const length = this.varint(most);
    if (length === 0) throw new MessageError('an empty name');
    this.#need(length);
    const text = this.#bytes.toString('utf8', this.#at, this.#at + length);
    this.#at += length;
    return text;
  }

  /** A copy of so many bytes. */
  bytes(length: number): Buffer {
    this.#need(length);
    const bytes = Buffer.from(this.#bytes.subarray(this.#at, this.#at + length));
    this.#at += length;
    return bytes;
  }

  /** How many entries follow, each of at least `least` bytes. */
  count(least: number): number {
    const count = this.varint();
    if (count * least > this.left) throw new MessageError(`${count} entries in ${this.left} bytes`);
    return count;
  }

  /** All that is left, not copied. */
  rest(): Buffer {
    const rest = this.#bytes.subarray(this.#at);
    this.#at = this.#bytes.length;
    return rest;
  }

  #need(length: number): void {
    if (this.left < length) throw new MessageError('the message ends too early');
  }
}

const FIRST_CAPACITY = 64;

export class MessageWriter {
  #bytes: Buffer<ArrayBuffer>;
  #at = 0;

  /** Begins a message of a type. */
  constructor(type: number, capacity = FIRST_CAPACITY) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity) as Buffer<ArrayBuffer>;
    this.byte(type);
  }

  get length(): number {
    return this.#at;
  }

  byte(value: number): this {
    this.#grow(1);
    this.#bytes[this.#at] = value;
    this.#at += 1;
    return this;
  }

  varint(value: number): this {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    return this.byte(rest);
  }

  text(value: string): this {
    const length = Buffer.byteLength(value);
    this.varint(length);
    this.#grow(length);
    this.#bytes.write(value, this.#at, 'utf8');
    this.#at += length;
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#grow(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  /** The message; the writer must not be used afterwards. */
  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#at);
  }

  #grow(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, this.#at + more)) as Buffer<ArrayBuffer>;
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}
