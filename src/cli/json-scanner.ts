// Says whether a line of bytes is JSON, and where the value at a path lies, without making a value of the line: a
// fifth of the time of JSON.parse (bench `command`). Hop before: lines that come in or go out; hop after: json-tokens.ts.
// Invariants: what it accepts JSON.parse accepts; what it does not accept is for JSON.parse to judge. The bytes are
// valid UTF-8 and every line ends with \n, which no token may hold: so it never runs past the end, and no index is
// checked.
import { BACKSLASH, NO_TOKEN, numberEnd, QUOTE, spaceEnd, stringEnd, wordEnd } from './json-tokens.ts';

const LINE_FEED = 10;
const COMMA = 44;
const COLON = 58;
const BRACKET_OPEN = 91;
const BRACE_OPEN = 123;
const BRACE_CLOSE = 125;

/** What it will not judge. */
export const NOT_ACCEPTED = -1;

/** Containers that nest deeper are left to JSON.parse. */
const DEEPEST = 256;

export class JsonScanner {
  /** Where the value at the path of the line that was accepted last begins; -1 when there is none, or a container. */
  valueFrom = -1;
  valueTo = -1;
  readonly #path: readonly Uint8Array[];
  /** By depth: the byte that closes the container. */
  readonly #closers = new Uint8Array(DEEPEST + 1);
  #depth = 0;
  /** How many names of the path lead to where it is. A value is at the path when all do and nothing else does. */
  #onPath = 0;

  /** @param path Member names, none when no value is wanted; an index of an array is never met. */
  constructor(path: readonly string[] = []) {
    this.#path = path.map((name) => new TextEncoder().encode(name));
  }

  /** The index of the \n behind a line of JSON that begins at `from`, or NOT_ACCEPTED. */
  scan(bytes: Uint8Array, from: number): number {
    this.#depth = 0;
    this.#onPath = 0;
    this.valueFrom = -1;
    let at = from;
    for (;;) {
      at = spaceEnd(bytes, at);
      const byte = bytes[at];
      if (byte === BRACE_OPEN || byte === BRACKET_OPEN) {
        const inner = spaceEnd(bytes, at + 1);
        const closer = byte + 2;
        if (bytes[inner] === closer) at = inner + 1;
        else {
          at = this.#open(bytes, inner, closer);
          if (at === NO_TOKEN) return NOT_ACCEPTED;
          continue;
        }
      } else {
        at = this.#scalar(bytes, at);
        if (at === NO_TOKEN) return NOT_ACCEPTED;
      }
      at = this.#close(bytes, at);
      if (at === NO_TOKEN) return NOT_ACCEPTED;
      if (this.#depth === 0) return bytes[at] === LINE_FEED ? at : NOT_ACCEPTED;
    }
  }

  #scalar(bytes: Uint8Array, at: number): number {
    const byte = bytes[at] as number;
    let end: number;
    if (byte === QUOTE) end = stringEnd(bytes, at + 1);
    else end = byte > COLON ? wordEnd(bytes, at) : numberEnd(bytes, at);
    const { length } = this.#path;
    if (length > 0 && this.#onPath === length && this.#depth === length) {
      this.valueFrom = at;
      this.valueTo = end;
    }
    return end;
  }

  /** Enters a container; where its first value begins. */
  #open(bytes: Uint8Array, at: number, closer: number): number {
    if (this.#depth === DEEPEST) return NO_TOKEN;
    this.#depth += 1;
    this.#closers[this.#depth] = closer;
    return closer === BRACE_CLOSE ? this.#name(bytes, at) : at;
  }

  /** Behind a value: leaves what ends here; where the next value begins, or the end of the outermost one. */
  #close(bytes: Uint8Array, from: number): number {
    let at = spaceEnd(bytes, from);
    while (this.#depth > 0) {
      const closer = this.#closers[this.#depth] as number;
      const byte = bytes[at];
      if (byte === COMMA) return closer === BRACE_CLOSE ? this.#name(bytes, spaceEnd(bytes, at + 1)) : at + 1;
      if (byte !== closer) return NO_TOKEN;
      this.#depth -= 1;
      at = spaceEnd(bytes, at + 1);
    }
    return at;
  }

  /** Reads the name of a member; where its value begins. */
  #name(bytes: Uint8Array, at: number): number {
    if (bytes[at] !== QUOTE) return NO_TOKEN;
    const end = stringEnd(bytes, at + 1);
    if (end === NO_TOKEN) return NO_TOKEN;
    if (this.#path.length > 0 && !this.#follow(bytes, at + 1, end - 1)) return NO_TOKEN;
    const colon = spaceEnd(bytes, end);
    return bytes[colon] === COLON ? colon + 1 : NO_TOKEN;
  }

  /** Notes whether a name leads on along the path; false for a name with escapes, which is not compared here. */
  #follow(bytes: Uint8Array, from: number, to: number): boolean {
    const step = this.#depth - 1;
    if (this.#onPath < step || step >= this.#path.length) return true;
    this.#onPath = step;
    const name = this.#path[step] as Uint8Array;
    let same = name.length === to - from;
    for (let index = from; index < to; index += 1) {
      const byte = bytes[index];
      if (byte === BACKSLASH) return false;
      if (same && byte !== name[index - from]) same = false;
    }
    if (!same) return true;
    this.#onPath = this.#depth;
    // Of members with the same name the last one counts, as in JSON.parse: what was found before is not it.
    this.valueFrom = -1;
    return true;
  }
}
