// Where a token of JSON ends, in bytes. Invariants: what is accepted is exactly the grammar of JSON.parse; a byte that
// does not belong ends the token or makes it none, and a \n never belongs, so the \n of the line is a stop for all.

export const QUOTE = 34;
export const BACKSLASH = 92;

/** There is no such token here. */
export const NO_TOKEN = -1;

const TAB = 9;
const RETURN = 13;
const SPACE = 32;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const UPPER_E = 69;
const LOWER_E = 101;
const LOWER_U = 117;

const SIMPLE_ESCAPES = byteSet('"\\/bfnrt');
const HEX_DIGITS = byteSet('0123456789abcdefABCDEF');
const WORDS = ['true', 'false', 'null'].map((word) => new TextEncoder().encode(word));

/** Behind the white space from `at` on. */
export function spaceEnd(bytes: Uint8Array, at: number): number {
  let index = at;
  let byte = bytes[index];
  while (byte === SPACE || byte === TAB || byte === RETURN) {
    index += 1;
    byte = bytes[index];
  }
  return index;
}

/** Behind the quote that ends a string whose first character is at `at`. */
export function stringEnd(bytes: Uint8Array, at: number): number {
  let index = at;
  for (;;) {
    const byte = bytes[index] as number;
    index += 1;
    if (byte === QUOTE) return index;
    if (byte < SPACE) return NO_TOKEN;
    if (byte === BACKSLASH) {
      index = escapeEnd(bytes, index);
      if (index === NO_TOKEN) return NO_TOKEN;
    }
  }
}

function escapeEnd(bytes: Uint8Array, at: number): number {
  const byte = bytes[at] as number;
  if (SIMPLE_ESCAPES[byte] === 1) return at + 1;
  if (byte !== LOWER_U) return NO_TOKEN;
  for (let digit = 1; digit <= 4; digit += 1) {
    if (HEX_DIGITS[bytes[at + digit] as number] !== 1) return NO_TOKEN;
  }
  return at + 5;
}

export function numberEnd(bytes: Uint8Array, at: number): number {
  let index = bytes[at] === MINUS ? at + 1 : at;
  index = bytes[index] === ZERO ? index + 1 : digitsEnd(bytes, index);
  if (index !== NO_TOKEN && bytes[index] === POINT) index = digitsEnd(bytes, index + 1);
  if (index === NO_TOKEN || (bytes[index] !== LOWER_E && bytes[index] !== UPPER_E)) return index;
  const sign = bytes[index + 1];
  return digitsEnd(bytes, sign === PLUS || sign === MINUS ? index + 2 : index + 1);
}

/** One digit or more. */
function digitsEnd(bytes: Uint8Array, at: number): number {
  let index = at;
  let byte = bytes[index] as number;
  while (byte >= ZERO && byte <= NINE) {
    index += 1;
    byte = bytes[index] as number;
  }
  return index === at ? NO_TOKEN : index;
}

/** Behind true, false or null. */
export function wordEnd(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  for (const word of WORDS) {
    if (word[0] !== first) continue;
    for (let index = 1; index < word.length; index += 1) if (bytes[at + index] !== word[index]) return NO_TOKEN;
    return at + word.length;
  }
  return NO_TOKEN;
}

function byteSet(text: string): Uint8Array {
  const set = new Uint8Array(256);
  for (const byte of new TextEncoder().encode(text)) set[byte] = 1;
  return set;
}
