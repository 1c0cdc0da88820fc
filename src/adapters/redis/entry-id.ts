// Ids of entries, and positions of readers. An id is `<ms>-<index>`: the server's time, and how many events the shard
// had with the last one of the entry. So ids tell what is missing between two entries. A position is the id of the entry
// that was read, and `.<events>` when so many of its events were not. Invariant: one place has one text.
import { PositionError } from '../../errors/position-error.ts';

/** The id of an entry. */
export interface EntryId {
  readonly ms: number;
  /** Events of the shard up to the last one of the entry, that one included. */
  readonly index: number;
}

/** Where a reader stands. */
export interface Place extends EntryId {
  /** How many events of the entry were not read; undefined for none. */
  readonly left?: number | undefined;
}

const ZERO = 48;
/** The character between the two numbers, less ZERO. */
const HYPHEN = -3;

/** Before everything. */
export const START: Place = { ms: 0, index: 0 };

const ID = /^(0|[1-9]\d{0,15})-(0|[1-9]\d{0,15})$/;
const POSITION = /^([1-9]\d{0,15}-[1-9]\d{0,15})(?:\.([1-9]\d{0,9}))?$/;

/** Undefined for what is no id of ours. */
export function parseId(text: string): EntryId | undefined {
  const parts = ID.exec(text);
  if (parts === null) return undefined;
  const [ms, index] = [Number(parts[1]), Number(parts[2])];
  return Number.isSafeInteger(ms) && Number.isSafeInteger(index) ? { ms, index } : undefined;
}

/** The same from bytes, as an answer has them, with no text in between. */
export function parseIdBytes(bytes: Uint8Array): EntryId | undefined {
  let ms = -1;
  let value = 0;
  if (bytes[0] === ZERO + HYPHEN || bytes[bytes.length - 1] === ZERO + HYPHEN) return undefined;
  for (let at = 0; at < bytes.length; at += 1) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit >= 0 && digit <= 9) value = value * 10 + digit;
    else if (digit === HYPHEN && ms < 0) {
      ms = value;
      value = 0;
    } else return undefined;
  }
  return ms >= 0 && Number.isSafeInteger(ms) && Number.isSafeInteger(value) ? { ms, index: value } : undefined;
}

export function idText({ ms, index }: EntryId): string {
  return `${ms}-${index}`;
}

/** Undefined is the start of the shard. */
export function positionText(place: Place): string | undefined {
  if (place.index === 0) return undefined;
  return place.left === undefined ? idText(place) : `${idText(place)}.${place.left}`;
}

/** @throws PositionError */
export function parsePosition(position: string | undefined): Place {
  if (position === undefined) return START;
  const parts = typeof position === 'string' ? POSITION.exec(position) : null;
  const id = parts === null ? undefined : parseId(parts[1] as string);
  if (id === undefined) {
    throw new PositionError('The position is damaged or another store made it: it is no position of this kind.');
  }
  const left = parts?.[2] === undefined ? undefined : Number(parts[2]);
  if (left === undefined || left <= id.index) return { ...id, left };
  throw new PositionError(`The position is damaged: an entry has no ${left} events before its ${id.index}th.`);
}

/** Below 0 when `a` comes before `b`. */
export function compareIds(a: EntryId, b: EntryId): number {
  return a.ms - b.ms || a.index - b.index;
}

/** How many events of the shard a reader has behind it. */
export function eventsBefore(place: Place): number {
  return place.index - (place.left ?? 0);
}
