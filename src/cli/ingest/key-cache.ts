// Routing keys by the bytes of their JSON token, since the same few come again and again: a text, and the options
// around it, are made once for each (bench `command`). Invariant: two tokens share an entry only when their bytes are
// equal; it holds a fixed number of entries, the newest of each place.
import { BACKSLASH, QUOTE } from '../json-tokens.ts';
import { keyText } from './key-path.ts';

/** A power of two. */
const PLACES = 4096;
const LONGEST = 64;
/** FNV-1a, 32 bits. */
const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** What goes with an event that has a key. */
export interface Keyed {
  readonly key: string;
}

interface Entry {
  readonly token: Uint8Array;
  readonly keyed: Keyed | undefined;
}

export class KeyCache {
  readonly #entries: (Entry | undefined)[] = new Array(PLACES).fill(undefined);

  /** The key of the scalar token between two indexes; undefined for null. */
  keyed(bytes: Buffer, from: number, to: number): Keyed | undefined {
    if (to - from > LONGEST) return keyedToken(bytes, from, to);
    const place = placeOf(bytes, from, to);
    const entry = this.#entries[place];
    if (entry !== undefined && isSame(entry.token, bytes, from, to)) return entry.keyed;
    const keyed = keyedToken(bytes, from, to);
    this.#entries[place] = { token: Uint8Array.prototype.slice.call(bytes, from, to), keyed };
    return keyed;
  }
}

function keyedToken(bytes: Buffer, from: number, to: number): Keyed | undefined {
  const isPlainText = bytes[from] === QUOTE && !bytes.subarray(from, to).includes(BACKSLASH);
  const key = isPlainText
    ? bytes.toString('utf8', from + 1, to - 1)
    : keyText(JSON.parse(bytes.toString('utf8', from, to)));
  return key === undefined ? undefined : Object.freeze({ key });
}

function placeOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = OFFSET_BASIS;
  for (let index = from; index < to; index += 1) hash = Math.imul(hash ^ (bytes[index] as number), PRIME);
  return (hash ^ (hash >>> 15)) & (PLACES - 1);
}

function isSame(token: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  const { length } = token;
  if (length !== to - from) return false;
  for (let index = 0; index < length; index += 1) if (token[index] !== bytes[from + index]) return false;
  return true;
}
