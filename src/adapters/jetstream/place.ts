// Positions as text: where a reader stands in the stream, and what it read there last.
//   <stream sequence>-<records of that message, 0 for all>-<sequence of the event>-<tag of its producer>-<tag of the stream>
//   <stream sequence>-<tag of the stream>        everything up to that stream sequence
// Numbers but the first two are base 36. Invariant: one place behind a record has one text; a tag that does not fit tells
// a place of another stream, or one whose event the server has lost.
import { crc32 } from 'node:zlib';
import { PositionError } from '../../errors/position-error.ts';

/** The event that was read last. */
export interface PlaceEvent {
  /** How many records of its message lie before the place, 1 or more; `Infinity` for all of them. */
  readonly nth: number;
  readonly sequence: number;
  readonly producerTag: string;
}

export interface Place {
  readonly streamSeq: number;
  readonly event: PlaceEvent | undefined;
  readonly streamTag: string;
}

const POSITION = /^([1-9]\d{0,15})(?:-(0|[1-9]\d{0,9})-([0-9a-z]{1,11})-([0-9a-z]{1,7}))?-([0-9a-z]{1,7})$/;

/** A short name of a text, for telling one from another. */
export function tagOf(text: string): string {
  return crc32(text).toString(36);
}

export function placeText({ streamSeq, event, streamTag }: Place): string {
  if (event === undefined) return `${streamSeq}-${streamTag}`;
  const nth = event.nth === Infinity ? 0 : event.nth;
  return `${streamSeq}-${nth}-${event.sequence.toString(36)}-${event.producerTag}-${streamTag}`;
}

/** The place that a text stands for. @throws PositionError when it is none, or one of another stream */
export function placeOf(position: string, streamTag: string): Place {
  const parts = typeof position === 'string' ? POSITION.exec(position) : null;
  const streamSeq = Number(parts?.[1]);
  if (parts === null || !Number.isSafeInteger(streamSeq)) {
    throw new PositionError('The position is damaged or another store made it: it is no position of this kind.');
  }
  if (parts[5] !== streamTag) throw new PositionError('The position belongs to another stream, or to one made again.');
  const [, , nth, sequence, producerTag] = parts;
  if (nth === undefined || sequence === undefined || producerTag === undefined) {
    return { streamSeq, event: undefined, streamTag };
  }
  return {
    streamSeq,
    event: { nth: nth === '0' ? Infinity : Number(nth), sequence: Number.parseInt(sequence, 36), producerTag },
    streamTag,
  };
}
