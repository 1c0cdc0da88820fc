// Reads and writes the fields of a message. Invariant: a length is checked against what is there and against its limit
// before anything is read or allocated; a message that lies about it is a breach.

/** Thrown for a message that keeps no layout; the text says what is wrong with it. */
export class FieldError extends Error {
  override readonly name = 'FieldError';
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Takes the fields of one message in turn. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(message: Uint8Array, at: number) {
    this.#bytes = message;
    this.#view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    this.#at = at;
  }

  /** Bytes that were not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** A text of `length` bytes, of which there may be `most`. */
  text(length: number, most: number): string {
    if (length > most) throw new FieldError(`a text of ${length} bytes where ${most} are allowed`);
    const start = this.#take(length);
    try {
      return decoder.decode(this.#bytes.subarray(start, start + length));
    } catch (cause) {
      throw new FieldError('a text that is no UTF-8', { cause });
    }
  }

  #take(bytes: number): number {
    if (this.left < bytes) throw new FieldError(`${this.left} bytes where ${bytes} were to come`);
    const start = this.#at;
    this.#at += bytes;
    return start;
  }
}

/** Collects the fields of one message. */
export class FieldWriter {
  readonly #parts: Buffer[] = [];

  u8(value: number): this {
    this.#part(1).writeUInt8(value);
    return this;
  }

  u16(value: number): this {
    this.#part(2).writeUInt16LE(value);
    return this;
  }

  u32(value: number): this {
    this.#part(4).writeUInt32LE(value);
    return this;
  }

  f64(value: number): this {
    this.#part(8).writeDoubleLE(value);
    return this;
  }

  /** The bytes of a text, without its length. */
  text(text: string): this {
    this.#parts.push(Buffer.from(text, 'utf8'));
    return this;
  }

  /** The message so far. */
  bytes(): Uint8Array {
    return Buffer.concat(this.#parts);
  }

  #part(bytes: number): Buffer {
    const part = Buffer.alloc(bytes);
    this.#parts.push(part);
    return part;
  }
}
