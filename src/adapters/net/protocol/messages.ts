// The messages of the replication as bytes. docs/reference/mesh-protocol.md tells the same to people. Invariant: what can be
// encoded decodes to the same; anything else is a MessageError, or skipped when its type is not known here.
//
//   16 ranges   count { number, flags, [shard, producer, newest stamp], from, length }      what the sender has; changes only
//   17 take     count { number, next }                     send me this stream of yours from `next` on, and go on
//   18 leave    count { number }                           send me this stream no more
//   19 frame    number, after, lost, frame                 the records that follow `after`; `lost` are missing before them
//   20 cover    shard, child, count { producer, end, flags }   who has read of `child` has read these up to their end
//   21 sync     token                                      make durable what you have, then answer
//   22 synced   token
//
// Numbers name a stream on one link: the sender of `ranges` gives them, `take` and `leave` use those of the other side.
import { MAX_PRODUCER_BYTES } from '../../../frame/layout.ts';
import { FIRST_REPLICATION_TYPE } from '../peer-link.ts';
import { MessageError, MessageReader, MessageWriter } from './message-bytes.ts';

const RANGES = FIRST_REPLICATION_TYPE;
const TAKE = FIRST_REPLICATION_TYPE + 1;
const LEAVE = FIRST_REPLICATION_TYPE + 2;
const FRAME = FIRST_REPLICATION_TYPE + 3;
const COVER = FIRST_REPLICATION_TYPE + 4;
const SYNC = FIRST_REPLICATION_TYPE + 5;
const SYNCED = FIRST_REPLICATION_TYPE + 6;

/** The highest shard that is replicated: the last one holds the journal of a node (store/journal.ts). */
export const MAX_STREAM_SHARD = 65_534;
const INTRODUCES = 1;
const HAS_COVER = 1;

/** What the sender of `ranges` has of one stream: the sequences from `from` up to, without, `to`. */
export interface RangeEntry {
  readonly number: number;
  readonly from: number;
  readonly to: number;
  /** With the first entry of a number: which stream it stands for. */
  readonly introduces?: StreamName | undefined;
}

/** A stream as a peer tells of it for the first time. */
export interface StreamName {
  readonly shard: number;
  readonly producer: string;
  /** Of its newest event, whole milliseconds since the Unix epoch. */
  readonly newestMs: number;
}

/** A request to send a stream from a sequence on. */
export interface TakeEntry {
  readonly number: number;
  readonly next: number;
}

/** Who has read any of `child`, with its cover, has read the sequences of `producer` below `end` (docs/decisions/0015). */
export interface CoverEntry {
  readonly producer: string;
  readonly end: number;
  /** `producer` covers streams itself. */
  readonly hasCover: boolean;
}

/** The streams of one shard that `child` succeeds. */
export interface Cover {
  readonly shard: number;
  readonly child: string;
  readonly entries: readonly CoverEntry[];
}

export type Message =
  | { readonly kind: 'ranges'; readonly entries: readonly RangeEntry[] }
  | { readonly kind: 'take'; readonly entries: readonly TakeEntry[] }
  | { readonly kind: 'leave'; readonly numbers: readonly number[] }
  | FrameMessage
  | { readonly kind: 'cover'; readonly cover: Cover }
  | { readonly kind: 'sync' | 'synced'; readonly token: number };

export interface FrameMessage {
  readonly kind: 'frame';
  readonly number: number;
  /** The sequence that the sender goes on from: what it sent before, or what it was asked for. */
  readonly after: number;
  /** Events that are declared missing right before the first record. */
  readonly lost: number;
  readonly frame: Uint8Array<ArrayBuffer>;
}

export function encodeMessage(message: Exclude<Message, FrameMessage>): Uint8Array<ArrayBuffer> {
  switch (message.kind) {
    case 'ranges':
      return encodeRanges(message.entries);
    case 'take': {
      const writer = new MessageWriter(TAKE).varint(message.entries.length);
      for (const { number, next } of message.entries) writer.varint(number).varint(next);
      return writer.done();
    }
    case 'leave': {
      const writer = new MessageWriter(LEAVE).varint(message.numbers.length);
      for (const number of message.numbers) writer.varint(number);
      return writer.done();
    }
    case 'cover':
      return encodeCover(message.cover);
    case 'sync':
      return new MessageWriter(SYNC).varint(message.token).done();
    case 'synced':
      return new MessageWriter(SYNCED).varint(message.token).done();
  }
}

/** A message of kind `frame` without its frame, which follows it as it is. */
export function encodeFrameHead({
  number,
  after,
  lost,
}: Omit<FrameMessage, 'kind' | 'frame'>): Uint8Array<ArrayBuffer> {
  return new MessageWriter(FRAME).varint(number).varint(after).varint(lost).done();
}

/** The message in these bytes; undefined for a type that this release does not know. @throws MessageError */
export function decodeMessage(bytes: Uint8Array<ArrayBuffer>): Message | undefined {
  const reader = new MessageReader(bytes, 0);
  const type = reader.byte();
  const message = decodeBody(type, reader);
  // More fields at the end of a message that is known come with a later minor version: they are skipped.
  return message;
}

function decodeBody(type: number, reader: MessageReader): Message | undefined {
  switch (type) {
    case RANGES:
      return { kind: 'ranges', entries: decodeRanges(reader) };
    case TAKE: {
      const entries = Array.from({ length: reader.count(2) }, () => ({
        number: reader.varint(),
        next: reader.varint(),
      }));
      return { kind: 'take', entries };
    }
    case LEAVE:
      return { kind: 'leave', numbers: Array.from({ length: reader.count(1) }, () => reader.varint()) };
    case FRAME: {
      const [number, after, lost] = [reader.varint(), reader.varint(), reader.varint()];
      return { kind: 'frame', number, after, lost, frame: reader.rest() as Buffer<ArrayBuffer> };
    }
    case COVER:
      return { kind: 'cover', cover: decodeCover(reader) };
    case SYNC:
      return { kind: 'sync', token: reader.varint() };
    case SYNCED:
      return { kind: 'synced', token: reader.varint() };
    default:
      if (type >= FIRST_REPLICATION_TYPE) return undefined;
      throw new MessageError(`type ${type} is no message of the replication`);
  }
}

function encodeRanges(entries: readonly RangeEntry[]): Uint8Array<ArrayBuffer> {
  const writer = new MessageWriter(RANGES).varint(entries.length);
  for (const { number, introduces, from, to } of entries) {
    writer.varint(number).byte(introduces === undefined ? 0 : INTRODUCES);
    if (introduces !== undefined) {
      writer.varint(introduces.shard).text(introduces.producer).varint(introduces.newestMs);
    }
    writer.varint(from).varint(to - from);
  }
  return writer.done();
}

function decodeRanges(reader: MessageReader): RangeEntry[] {
  return Array.from({ length: reader.count(4) }, () => {
    const number = reader.varint();
    const introduces = (reader.byte() & INTRODUCES) === 0 ? undefined : decodeName(reader);
    const from = reader.varint();
    const to = from + reader.varint();
    if (!Number.isSafeInteger(to)) throw new MessageError('a range that ends above 2^53');
    return { number, introduces, from, to };
  });
}

function decodeName(reader: MessageReader): StreamName {
  const shard = reader.varint(MAX_STREAM_SHARD);
  return { shard, producer: reader.text(MAX_PRODUCER_BYTES), newestMs: reader.varint() };
}

function encodeCover({ shard, child, entries }: Cover): Uint8Array<ArrayBuffer> {
  const writer = new MessageWriter(COVER).varint(shard).text(child).varint(entries.length);
  for (const { producer, end, hasCover } of entries) {
    writer
      .text(producer)
      .varint(end)
      .byte(hasCover ? HAS_COVER : 0);
  }
  return writer.done();
}

function decodeCover(reader: MessageReader): Cover {
  const shard = reader.varint(MAX_STREAM_SHARD);
  const child = reader.text(MAX_PRODUCER_BYTES);
  const entries = Array.from({ length: reader.count(4) }, () => ({
    producer: reader.text(MAX_PRODUCER_BYTES),
    end: reader.varint(),
    hasCover: (reader.byte() & HAS_COVER) !== 0,
  }));
  return { shard, child, entries };
}
