// Numbers as text, digit by digit and word by word: a string for each event would cost more than all else of its row.
// Earned by `npm run bench -- redis`. The bytes of a word go out first to last.

const ZERO = 48;
const NINE = 57;
export const BILLION = 1_000_000_000;

/** A whole number in decimal. Its length stands beside the view, which takes longer to tell it than to copy all digits. */
export class Digits {
  readonly view: DataView;
  readonly bytes: number;

  constructor(value: number | '') {
    const { buffer, byteLength, byteOffset } = Buffer.from(String(value));
    this.view = new DataView(buffer, byteOffset, byteLength);
    this.bytes = byteLength;
  }

  /** The next number: these digits counted up in place, or longer ones after nines alone. */
  next(): Digits {
    const { bytes, view } = this;
    let at = bytes - 1;
    while (at >= 0 && view.getUint8(at) === NINE) at -= 1;
    if (at < 0) return new Digits(10 ** bytes);
    view.setUint8(at, view.getUint8(at) + 1);
    for (at += 1; at < bytes; at += 1) view.setUint8(at, ZERO);
    return this;
  }
}

/** Writes digits; returns where they end. */
export function putDigits(out: DataView, at: number, { bytes, view }: Digits): number {
  let nth = 0;
  for (; nth + 4 <= bytes; nth += 4) out.setInt32(at + nth, view.getInt32(nth));
  for (; nth < bytes; nth += 1) out.setUint8(at + nth, view.getUint8(nth));
  return at + bytes;
}

/** The whole seconds of a u64 of nanoseconds. */
export function secondsOf(low: number, high: number): number {
  // 2^48 = 281,474 × 10^9 + 976,710,656 and 2^32 = 4 × 10^9 + 294,967,296, so that no product passes 2^53.
  const top = high >>> 16;
  const middle = high & 0xffff;
  return top * 281_474 + middle * 4 + Math.floor((top * 976_710_656 + middle * 294_967_296 + low) / BILLION);
}

/** Writes the nine digits of the nanoseconds of a second; returns where they end. */
export function putNanoseconds(out: DataView, at: number, ns: number): number {
  const upper = (ns / 10_000) | 0;
  const first = (upper / 10_000) | 0;
  out.setUint8(at, ZERO + first);
  out.setInt32(at + 1, decimalOf(upper - first * 10_000));
  out.setInt32(at + 5, decimalOf(ns - upper * 10_000));
  return at + 9;
}

/** Writes the eight hexadecimal digits of one half of a hash; returns where they end. */
export function putHash(out: DataView, at: number, half: number): number {
  out.setInt32(at, hexOf(half >>> 16));
  out.setInt32(at + 4, hexOf(half & 0xffff));
  return at + 8;
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
