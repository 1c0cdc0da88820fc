// Reads back what byte-writer.ts wrote, from bytes that nobody vouches for.
// Invariant: it never reads past the end and allocates no more than the input is long.

/** Thrown for bytes that no writer has written. */
export class ByteError extends Error {
  override readonly name = 'ByteError';
}

export class ByteReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get ended(): boolean {
    return this.#at === this.#buffer.length;
  }

  byte(): number {
    const value = this.#buffer[this.#at];
    if (value === undefined) throw new ByteError('it ends too early');
    this.#at += 1;
    return value;
  }

  /** A whole number from 0 to `max`, which is at most 2^31 - 1. */
  varint(max: number): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const part = this.byte();
      value += (part & 0x7f) * 2 ** shift;
      if (part < 0x80) {
        if (value > max) throw new ByteError('a number in it is too large');
        return value;
      }
    }
    throw new ByteError('a number in it is too long');
  }

  /** A whole number from 0 to 2^64 - 1. */
  bigVarint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const part = this.byte();
      value += BigInt(part & 0x7f) << shift;
      if (part < 0x80) {
        if (value > 0xffff_ffff_ffff_ffffn) throw new ByteError('a number in it is too large');
        return value;
      }
    }
    throw new ByteError('a number in it is too long');
  }

  bytes(length: number): Buffer {
    if (length > this.#buffer.length - this.#at) throw new ByteError('it ends too early');
    this.#at += length;
    return this.#buffer.subarray(this.#at - length, this.#at);
  }

  text(): string {
    return this.bytes(this.varint(0x7fff_ffff)).toString('utf8');
  }
}
