// Routing key and headers as bytes, the "meta" of a record: written once by the ingestion, read on demand.
// u16 key length | key | for each header: u16 name length | name | u16 value length | value; all UTF-8.
import { HAS_HEADERS, HAS_KEY, MAX_META_BYTES } from '../../kernel/layout.ts';

const encoder = new TextEncoder();

/** String pairs that travel with an event. */
export type Headers = Readonly<Record<string, string>>;

export function metaFlags(key: string | undefined, pairs: readonly string[] | undefined): number {
  return (key === undefined ? 0 : HAS_KEY) | (pairs === undefined ? 0 : HAS_HEADERS);
}

/**
 * Writes key and headers (name, value, name, value ...) to the front of `target`, which has 65,535 bytes or more.
 * Returns the length, or -1 when they do not fit that.
 */
export function writeMeta(target: Uint8Array, key: string | undefined, pairs: readonly string[] | undefined): number {
  let at = key === undefined ? 0 : writeText(target, 0, key);
  for (let index = 0; pairs !== undefined && index < pairs.length && at >= 0; index += 1) {
    at = writeText(target, at, pairs[index] as string);
  }
  return at;
}

function writeText(target: Uint8Array, at: number, text: string): number {
  const start = at + 2;
  if (start + text.length > MAX_META_BYTES) return -1;
  const { read, written } = encoder.encodeInto(text, target.subarray(start, MAX_META_BYTES));
  if (read < text.length) return -1;
  target[at] = written & 0xff;
  target[at + 1] = written >>> 8;
  return start + written;
}

/** Whether key and headers, as the flags tell of them, fill exactly what lies between two offsets. */
export function metaFits(frame: Buffer, flags: number, start: number, end: number): boolean {
  let at = start;
  if ((flags & HAS_KEY) !== 0) at = afterText(frame, at, end);
  if ((flags & HAS_HEADERS) !== 0) while (at < end) at = afterText(frame, afterText(frame, at, end), end);
  return at === end;
}

/** Where a text ends, or past `end` when it does not end before that. */
function afterText(frame: Buffer, at: number, end: number): number {
  return at + 2 > end ? end + 1 : at + 2 + frame.readUInt16LE(at);
}

/** Reads the headers between two offsets. Names such as `__proto__` come back as own properties. */
export function readHeaders(frame: Buffer, start: number, end: number): Headers {
  const headers: Record<string, string> = {};
  let at = start;
  while (at < end) {
    const name = readText(frame, at);
    at += 2 + frame.readUInt16LE(at);
    const value = readText(frame, at);
    at += 2 + frame.readUInt16LE(at);
    Object.defineProperty(headers, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return headers;
}

function readText(frame: Buffer, at: number): string {
  return frame.toString('utf8', at + 2, at + 2 + frame.readUInt16LE(at));
}
