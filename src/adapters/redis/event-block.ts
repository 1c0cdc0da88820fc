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
import type { StoredRecord } from '../../adapter/contract.ts';
import { writeMeta } from '../../frame/meta.ts';
import { FrameRecord } from '../../frame/record.ts';
import { RecordBlock } from '../../frame/record-block.ts';
import { damaged, type Entry } from './entry.ts';
import { idText } from './entry-id.ts';

const SLASH = 47;
const ZERO = 48;
const NO_META = Buffer.alloc(0);
const LOW = 0x1_0000_0000;
const BILLION = 1_000_000_000;

/** The records of entries that hold an event each. @throws AdapterError `Serialization` */
export function eventRecords(entries: readonly Entry[], where: string): EventRecord[] {
  let bytes = 0;
  const metas = new Map<Entry, Buffer>();
  for (const entry of entries) {
    let meta = 0;
    if (entry.key !== undefined || entry.headers !== undefined) {
      const made = metaOf(entry, where);
      metas.set(entry, made);
      meta = made.length;
    }
    bytes += recordBytes(entry, meta);
  }
  const block = new RecordBlock(Buffer.allocUnsafeSlow(bytes));
  const page = new EventPage(entries.length);
  const records: EventRecord[] = [];
  let at = 0;
  for (const [nth, entry] of entries.entries()) {
    const meta = metas.get(entry) ?? NO_META;
    if (!writeRecord(block, at, { entry, meta })) throw damaged(where, entry, 'has fields that no event has');
    page.note(nth, entry);
    records.push(new EventRecord(block, at, { page, nth }));
    at += recordBytes(entry, meta.length);
  }
  return records;
}

/**
 * What records of one page tell besides their block. Numbers and shared texts: were the entries kept, the small buffers
 * of an answer would live as long as the events, and cost the collector more than all else of a page.
 */
class EventPage {
  readonly #ms: Float64Array;
  readonly #index: Float64Array;
  readonly #producers: string[] = [];
  readonly #dropped = new Map<number, number>();
  #last: Buffer = NO_META;
  #producer = '';

  constructor(count: number) {
    this.#ms = new Float64Array(count);
    this.#index = new Float64Array(count);
  }

  note(nth: number, { dropped, index, ms, name }: Entry): void {
    this.#ms[nth] = ms;
    this.#index[nth] = index;
    this.#producers.push(this.#producerOf(name as Buffer));
    if (dropped !== undefined) this.#dropped.set(nth, dropped);
  }

  positionOf(nth: number): string {
    return idText({ ms: this.#ms[nth] as number, index: this.#index[nth] as number });
  }

  producerOf(nth: number): string {
    return this.#producers[nth] as string;
  }

  droppedBefore(nth: number): number | undefined {
    return this.#dropped.get(nth);
  }

  /** Most events have the producer of the one before. */
  #producerOf(name: Buffer): string {
    const end = producerEnd(name);
    let same = this.#last.length === end;
    // From the end: names differ there first.
    for (let at = end - 1; same && at >= 0; at -= 1) same = this.#last[at] === name[at];
    if (!same) {
      this.#last = name.subarray(0, end);
      this.#producer = this.#last.toString();
    }
    return this.#producer;
  }
}

/** One event with an entry of its own. */
export class EventRecord extends FrameRecord implements StoredRecord {
  readonly #page: EventPage;
  readonly #nth: number;

  constructor(block: RecordBlock, at: number, { nth, page }: { readonly page: EventPage; readonly nth: number }) {
    super(block, at);
    this.#page = page;
    this.#nth = nth;
  }

  get position(): string {
    return this.#page.positionOf(this.#nth);
  }

  get producer(): string {
    return this.#page.producerOf(this.#nth);
  }

  get lostBefore(): number | undefined {
    return this.#page.droppedBefore(this.#nth);
  }
}

/** The producer of an entry that holds an event. */
export function producerOf({ name }: Entry): string {
  return name === undefined ? '' : name.toString('utf8', 0, Math.max(0, producerEnd(name)));
}

/** The stamp of an entry that holds an event. @throws AdapterError `Serialization` */
export function stampOf(entry: Entry, where: string): bigint {
  const text = String(entry.time);
  if (!/^\d{1,20}$/.test(text)) throw damaged(where, entry, 'has a time that is none');
  return BigInt(text);
}

function recordBytes({ payload }: Entry, meta: number): number {
  return Math.ceil((RECORD_HEADER_BYTES + meta + (payload as Buffer).length) / 8) * 8;
}

/** False when a field is none that a writer has made. */
function writeRecord(
  { bytes, numbers }: RecordBlock,
  at: number,
  { entry, meta }: { readonly entry: Entry; readonly meta: Buffer },
): boolean {
  const payload = entry.payload as Buffer;
  const name = entry.name as Buffer;
  const hash = entry.hash as Buffer;
  const flags = (entry.key === undefined ? 0 : HAS_KEY) | (entry.headers === undefined ? 0 : HAS_HEADERS);
  const sequence = digits(name, lastSlash(name, name.length) + 1, name.length);
  numbers.setUint32(at, payload.length, true);
  numbers.setUint16(at + RECORD_META_LENGTH, meta.length, true);
  numbers.setUint16(at + RECORD_FLAGS, flags, true);
  numbers.setUint32(at + RECORD_SEQUENCE, sequence % LOW, true);
  numbers.setUint32(at + RECORD_SEQUENCE + 4, sequence / LOW, true);
  const [low, high] = [hex(hash, 8), hex(hash, 0)];
  numbers.setUint32(at + RECORD_HASH, low, true);
  numbers.setUint32(at + RECORD_HASH + 4, high, true);
  if (meta.length > 0) bytes.set(meta, at + RECORD_HEADER_BYTES);
  bytes.set(payload, at + RECORD_HEADER_BYTES + meta.length);
  if (!Number.isSafeInteger(sequence) || Number.isNaN(low + high) || producerEnd(name) < 1) return false;
  return writeStamp(numbers, at + RECORD_STAMP, entry.time as Buffer);
}

/** Where the producer ends in `<producer>/<shard>/<sequence>`; -1 when there is none. */
function producerEnd(name: Buffer): number {
  return lastSlash(name, lastSlash(name, name.length));
}

/** The last slash before an offset, or -1. By hand: a call costs more than the few digits. */
function lastSlash(name: Buffer, before: number): number {
  let at = before - 1;
  while (at >= 0 && name[at] !== SLASH) at -= 1;
  return at;
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
function writeStamp(numbers: DataView, at: number, time: Buffer): boolean {
  const cut = Math.max(0, time.length - 9);
  const seconds = cut === 0 ? 0 : digits(time, 0, cut);
  const ns = digits(time, cut, time.length);
  if (time.length > 20 || Number.isNaN(seconds + ns)) return false;
  // seconds × 10^9 in two halves, so that no product passes 2^53.
  const upper = Math.floor(seconds / 65_536) * BILLION;
  const lower = (seconds % 65_536) * BILLION + ns;
  const low = (upper % 65_536) * 65_536 + (lower % LOW);
  const high = Math.floor(upper / 65_536) + Math.floor(lower / LOW) + Math.floor(low / LOW);
  numbers.setUint32(at, low % LOW, true);
  numbers.setUint32(at + 4, high, true);
  return high < LOW;
}

/** Eight hexadecimal digits as a number; NaN when they are none. */
function hex(text: Buffer, from: number): number {
  let value = 0;
  for (let nth = from; nth < from + 8; nth += 1) {
    const code = text[nth] as number;
    const digit = code >= ZERO && code <= 57 ? code - ZERO : code >= 97 && code <= 102 ? code - 87 : Number.NaN;
    value = value * 16 + digit;
  }
  return value;
}

function metaOf(entry: Entry, where: string): Buffer {
  const { headers, key } = entry;
  if ((key !== undefined && !isUtf8(key)) || (headers !== undefined && !isUtf8(headers))) {
    throw damaged(where, entry, 'has a key or headers that are no text');
  }
  const space = Buffer.allocUnsafe(MAX_META_BYTES);
  const pairs = headers === undefined ? undefined : pairsOf(headers.toString());
  const bytes = headers !== undefined && pairs === undefined ? -1 : writeMeta(space, key?.toString(), pairs);
  if (bytes < 0) throw damaged(where, entry, 'has headers that are no JSON object of texts, or too long');
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
