// Entries of single events as one block of records, as every other store has them. Invariant: payload, key and headers
// come out as they went in; a field that no writer of this kind has made is an error that names its entry.
import { isUtf8 } from 'node:buffer';
import {
  HAS_HEADERS,
  HAS_KEY,
  MAX_META_BYTES,
  RECORD_FLAGS,
  RECORD_HASH,
  RECORD_HEADER_BYTES,
  RECORD_META_LENGTH,
  RECORD_SEQUENCE,
  RECORD_STAMP,
} from '../../../kernel/layout.ts';
import { writeMeta } from '../../frame/meta.ts';
import { RecordBlock } from '../../frame/record-block.ts';
import { damaged, type Entry } from './entry.ts';
import { idText } from './entry-id.ts';
import { ProducerNames } from './producer-names.ts';
import { type RecordOrigin, RedisRecord } from './redis-record.ts';

const SLASH = 47;
const ZERO = 48;
const NO_META = Buffer.alloc(0);
const LOW = 0x1_0000_0000;
const BILLION = 1_000_000_000;

/** The records of entries that hold an event each. @throws AdapterError `Serialization` */
export function eventRecords(entries: readonly Entry[], where: string): RedisRecord[] {
  const metas = entries.map((entry) => metaOf(entry, where));
  let bytes = 0;
  for (const [nth, { payload }] of entries.entries()) bytes += recordBytes(payload as Buffer, metas[nth] as Buffer);
  const space = Buffer.allocUnsafeSlow(bytes);
  const block = new RecordBlock(space);
  const origin = new EventOrigin(entries);
  const records: RedisRecord[] = [];
  let at = 0;
  for (const [nth, entry] of entries.entries()) {
    const meta = metas[nth] as Buffer;
    writeRecord({ space, at, where }, entry, meta);
    records.push(new RedisRecord(block, at, { origin, nth }));
    at += recordBytes(entry.payload as Buffer, meta);
  }
  return records;
}

/** The producer of an entry that holds an event. */
export function producerOf({ name }: Entry): string {
  return name === undefined ? '' : name.toString('utf8', 0, Math.max(0, producerEnd(name)));
}

class EventOrigin implements RecordOrigin {
  readonly #entries: readonly Entry[];
  readonly #producers = new ProducerNames();

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  positionOf(nth: number): string {
    return idText(this.#entry(nth).id);
  }

  producerOf(nth: number): string {
    const name = this.#entry(nth).name as Buffer;
    return this.#producers.read(name, producerEnd(name));
  }

  droppedBefore(nth: number): number | undefined {
    return this.#entry(nth).dropped;
  }

  #entry(nth: number): Entry {
    return this.#entries[nth] as Entry;
  }
}

function recordBytes(payload: Buffer, meta: Buffer): number {
  return Math.ceil((RECORD_HEADER_BYTES + meta.length + payload.length) / 8) * 8;
}

function writeRecord(
  { space, at, where }: { readonly space: Buffer; readonly at: number; readonly where: string },
  entry: Entry,
  meta: Buffer,
): void {
  const payload = entry.payload as Buffer;
  const name = entry.name as Buffer;
  const flags = (entry.key === undefined ? 0 : HAS_KEY) | (entry.headers === undefined ? 0 : HAS_HEADERS);
  space.writeUInt32LE(payload.length, at);
  space.writeUInt16LE(meta.length, at + RECORD_META_LENGTH);
  space.writeUInt16LE(flags, at + RECORD_FLAGS);
  const sequence = digits(name, name.lastIndexOf(SLASH) + 1, name.length);
  const hash = entry.hash as Buffer;
  const right = writeStamp(space, at + RECORD_STAMP, entry.time as Buffer) && Number.isSafeInteger(sequence);
  space.writeUInt32LE(sequence % LOW || 0, at + RECORD_SEQUENCE);
  space.writeUInt32LE(Math.floor(sequence / LOW) || 0, at + RECORD_SEQUENCE + 4);
  const hashed = writeHex(space, at + RECORD_HASH + 4, hash, 0) && writeHex(space, at + RECORD_HASH, hash, 8);
  if (!right || !hashed || producerEnd(name) < 1) throw damaged(where, entry.id, 'has fields that no event has');
  const metaAt = at + RECORD_HEADER_BYTES;
  if (meta.length > 0) meta.copy(space, metaAt);
  payload.copy(space, metaAt + meta.length);
}

/** Where the producer ends in `<producer>/<shard>/<sequence>`; -1 when there is none. */
function producerEnd(name: Buffer): number {
  const last = name.lastIndexOf(SLASH);
  return last < 1 ? -1 : name.lastIndexOf(SLASH, last - 1);
}

/** A number in decimal digits; NaN when it is none. */
function digits(text: Buffer, from: number, to: number): number {
  let value = from < to ? 0 : Number.NaN;
  for (let at = from; at < to; at += 1) {
    const digit = (text[at] as number) - ZERO;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN;
  }
  return value;
}

/** Writes nanoseconds in decimal as a u64; false when they are none. */
function writeStamp(space: Buffer, at: number, time: Buffer): boolean {
  const cut = time.length - 9;
  const [seconds, ns] = [digits(time, 0, cut), digits(time, cut, time.length)];
  if (cut < 1 || time.length > 20 || Number.isNaN(seconds + ns)) return writeShortStamp(space, at, time);
  // seconds × 10^9 in two halves, so that no product passes 2^53.
  const upper = Math.floor(seconds / 65_536) * BILLION;
  const lower = (seconds % 65_536) * BILLION + ns;
  const low = (upper % 65_536) * 65_536 + (lower % LOW);
  const high = Math.floor(upper / 65_536) + Math.floor(lower / LOW) + Math.floor(low / LOW);
  if (high >= LOW) return false;
  space.writeUInt32LE(low % LOW, at);
  space.writeUInt32LE(high, at + 4);
  return true;
}

function writeShortStamp(space: Buffer, at: number, time: Buffer): boolean {
  const ns = digits(time, 0, time.length);
  if (!(ns < BILLION)) return false;
  space.writeUInt32LE(ns, at);
  space.writeUInt32LE(0, at + 4);
  return true;
}

/** Writes eight hexadecimal digits as a u32; false when they are none. */
function writeHex(space: Buffer, at: number, text: Buffer, from: number): boolean {
  let value = 0;
  for (let nth = from; nth < from + 8; nth += 1) {
    const code = text[nth] as number;
    const digit = code >= ZERO && code <= 57 ? code - ZERO : code >= 97 && code <= 102 ? code - 87 : -1;
    if (digit < 0) return false;
    value = value * 16 + digit;
  }
  space.writeUInt32LE(value, at);
  return true;
}

function metaOf({ headers, id, key }: Entry, where: string): Buffer {
  if (key === undefined && headers === undefined) return NO_META;
  if ((key !== undefined && !isUtf8(key)) || (headers !== undefined && !isUtf8(headers))) {
    throw damaged(where, id, 'has a key or headers that are no text');
  }
  const space = Buffer.allocUnsafe(MAX_META_BYTES);
  const pairs = headers === undefined ? undefined : pairsOf(headers.toString());
  const bytes = headers !== undefined && pairs === undefined ? -1 : writeMeta(space, key?.toString(), pairs);
  if (bytes < 0) throw damaged(where, id, 'has headers that are no JSON object of texts, or too long');
  return space.subarray(0, bytes);
}

/** Name, value, name, value; undefined when it is no JSON object of texts. */
function pairsOf(json: string): string[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return undefined; // Told by the caller, who knows the entry.
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const pairs = Object.entries(parsed).flat();
  return pairs.every((each) => typeof each === 'string') ? (pairs as string[]) : undefined;
}
