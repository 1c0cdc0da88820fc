// Writes the fields of rows, digit by digit and word by word, with no string, view or native call for an event: these
// were three quarters of what a batch costs its client. Earned by `npm run bench -- redis`. Invariant: what is written
// stays within the space that row-encoder.ts has measured; the order of the fields is its, too.
import type { RecordBlock } from '../../frame/record-block.ts';

const ZERO = 48;
const NINE = 57;
const BILLION = 1_000_000_000;
/** A native copy costs more than so many bytes word by word. */
const MOST_BY_WORD = 256;

export class RowText {
  readonly #out: Buffer;
  readonly #numbers: DataView;
  #at = 0;
  /** The sequence of the next event in decimal, counted up in place. */
  #sequence: Buffer;
  #sequenceNumbers: DataView;
  /** The seconds of the last stamp and where their digits stand: mostly the next stamp has the same. */
  #seconds = -1;
  #secondsAt = 0;
  #secondsDigits = 0;

  constructor(out: Buffer, firstSequence: number) {
    this.#out = out;
    this.#numbers = viewOf(out);
    this.#sequence = Buffer.from(String(firstSequence));
    this.#sequenceNumbers = viewOf(this.#sequence);
  }

  get written(): Buffer {
    return this.#out.subarray(0, this.#at);
  }

  begin(flags: number, payloadBytes: number): void {
    this.#out[this.#at] = flags;
    this.#numbers.setUint32(this.#at + 1, payloadBytes);
    this.#at += 5;
  }

  copy(source: RecordBlock, from: number, bytes: number): void {
    if (bytes <= MOST_BY_WORD) this.#copyWords(source.numbers, from, bytes);
    else this.#at += source.text.copy(this.#out, this.#at, from, from + bytes);
  }

  /** A u64 of nanoseconds in decimal. */
  stamp(low: number, high: number): void {
    // 2^48 = 281,474 × 10^9 + 976,710,656 and 2^32 = 4 × 10^9 + 294,967,296, so that no product passes 2^53.
    const top = high >>> 16;
    const middle = high & 0xffff;
    const rest = top * 976_710_656 + middle * 294_967_296 + low;
    const carried = Math.floor(rest / BILLION);
    this.#decimal(top * 281_474 + middle * 4 + carried, rest - carried * BILLION);
  }

  /** The sequence of the event; the next call writes that of the next one. */
  sequence(): void {
    const bytes = this.#sequence.length;
    this.#out[this.#at] = bytes;
    this.#at += 1;
    this.#copyWords(this.#sequenceNumbers, 0, bytes);
    this.#nextSequence();
  }

  hash(low: number, high: number): void {
    const numbers = this.#numbers;
    const at = this.#at;
    numbers.setInt32(at, hexOf(high >>> 16));
    numbers.setInt32(at + 4, hexOf(high & 0xffff));
    numbers.setInt32(at + 8, hexOf(low >>> 16));
    numbers.setInt32(at + 12, hexOf(low & 0xffff));
    this.#at = at + 16;
  }

  key(source: RecordBlock, from: number, bytes: number): void {
    this.#numbers.setUint16(this.#at, bytes);
    this.#at += 2;
    this.copy(source, from, bytes);
  }

  headers(json: string): void {
    const bytes = this.#out.write(json, this.#at + 4, 'utf8');
    this.#numbers.setUint32(this.#at, bytes);
    this.#at += 4 + bytes;
  }

  #decimal(seconds: number, ns: number): void {
    const lengthAt = this.#at;
    this.#at += 1;
    this.#digitsOf(seconds);
    this.#out[lengthAt] = this.#secondsDigits + 9;
    const upper = (ns / 10_000) | 0;
    const first = (upper / 10_000) | 0;
    const at = this.#at;
    this.#out[at] = ZERO + first;
    this.#numbers.setInt32(at + 1, decimalOf(upper - first * 10_000));
    this.#numbers.setInt32(at + 5, decimalOf(ns - upper * 10_000));
    this.#at = at + 9;
  }

  #digitsOf(seconds: number): void {
    const at = this.#at;
    if (seconds === this.#seconds) {
      this.#copyWords(this.#numbers, this.#secondsAt, this.#secondsDigits);
    } else {
      this.#seconds = seconds;
      this.#secondsDigits = 0;
      for (let bound = 1; bound <= seconds; bound *= 10) this.#secondsDigits += 1;
      this.#digits(seconds, at, this.#secondsDigits);
      this.#at = at + this.#secondsDigits;
    }
    this.#secondsAt = at;
  }

  /** The last digits of a number, with zeros in front. */
  #digits(value: number, at: number, digits: number): void {
    let rest = value;
    for (let nth = at + digits - 1; nth >= at; nth -= 1) {
      const next = Math.floor(rest / 10);
      this.#out[nth] = ZERO + rest - next * 10;
      rest = next;
    }
  }

  #nextSequence(): void {
    const digits = this.#sequence;
    let at = digits.length - 1;
    while (at >= 0 && digits[at] === NINE) {
      digits[at] = ZERO;
      at -= 1;
    }
    if (at >= 0) {
      digits[at] = (digits[at] as number) + 1;
      return;
    }
    // 999 becomes 1000.
    this.#sequence = Buffer.alloc(digits.length + 1, ZERO);
    this.#sequence[0] = ZERO + 1;
    this.#sequenceNumbers = viewOf(this.#sequence);
  }

  #copyWords(source: DataView, from: number, bytes: number): void {
    const out = this.#numbers;
    const at = this.#at;
    let nth = 0;
    for (; nth + 4 <= bytes; nth += 4) out.setInt32(at + nth, source.getInt32(from + nth));
    for (; nth < bytes; nth += 1) out.setUint8(at + nth, source.getUint8(from + nth));
    this.#at = at + bytes;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** The four hexadecimal digits of 16 bits, as the bytes of a word. */
function hexOf(bits: number): number {
  const halves = ((bits & 0xff00) << 8) | (bits & 0xff);
  const digits = ((halves & 0xf000f0) << 4) | (halves & 0xf000f);
  const letters = ((digits + 0x06060606) >>> 4) & 0x01010101;
  // From '0' on; 'a' lies 39 behind what would follow '9'.
  return digits + 0x30303030 + letters * 39;
}

/** The four decimal digits of a number below 10,000, as the bytes of a word. */
function decimalOf(value: number): number {
  const hundreds = (value / 100) | 0;
  const pairs = (hundreds << 16) | (value - hundreds * 100);
  // A tenth of each number below 100: 103 / 1024 of it, rounded down.
  const tens = ((pairs * 103) >>> 10) & 0xf000f;
  return ((tens << 8) | (pairs - tens * 10)) + 0x30303030;
}
