// Cursors as strings: base64url without padding of the bytes below. The hop after: whoever stores a cursor.
// Invariant: every place has exactly one string, and only that string is accepted for it.
//
//  u8 version | u8 flags | 6 bytes digest of the store's id | varint watermark | varint since, if bit 0 of flags is set
//  varint count | for each shard: varint shard, less the one before and 1 | varint length | position
//  varint count | for each range of done shards: varint first, less the last before and 2 | varint length less 1
//  u32 CRC-32 of all before, little-endian
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ConsumerError } from '../errors/consumer-error.ts';
import { ByteError, ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { Cursor } from './cursor.ts';
import { ShardRanges } from './shard-ranges.ts';

const VERSION = 1;
const HAS_SINCE = 1;
const DIGEST_BYTES = 6;
const CHECKSUM_BYTES = 4;
/** Version, flags, digest, watermark, two counts, checksum. */
const MIN_BYTES = 2 + DIGEST_BYTES + 3 + CHECKSUM_BYTES;
const MAX_SHARD = 65_535;
/** 256 busy shards with the longest known positions stay far below it. */
const MAX_CHARACTERS = 8 * 1024 * 1024;
const ALPHABET = /^[A-Za-z0-9_-]+$/;

/** Writes and reads the cursors of one store. */
export class CursorCodec {
  readonly #digest: Buffer;

  constructor(storeId: string) {
    this.#digest = createHash('sha256').update(storeId).digest().subarray(0, DIGEST_BYTES);
  }

  encode(cursor: Cursor): string {
    const writer = new ByteWriter(64 + cursor.shards.length * 32);
    writer.byte(VERSION);
    writer.byte(cursor.since === undefined ? 0 : HAS_SINCE);
    writer.bytes(this.#digest);
    writer.bigVarint(cursor.watermark);
    if (cursor.since !== undefined) writer.bigVarint(cursor.since);
    writePositions(writer, cursor);
    writeDone(writer, cursor.done);
    writer.uint32(crc32(writer.written()));
    return writer.written().toString('base64url');
  }

  /** @throws ConsumerError InvalidCursor, saying whether it is none, damaged, of another release or of another store. */
  decode(text: string): Cursor {
    if (text.length > MAX_CHARACTERS || !ALPHABET.test(text)) throw noCursor();
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length < MIN_BYTES) throw noCursor();
    const body = bytes.subarray(0, bytes.length - CHECKSUM_BYTES);
    if (crc32(body) !== bytes.readUInt32LE(body.length)) {
      throw body[0] === VERSION ? damaged('its checksum is wrong') : noCursor();
    }
    if (body[0] !== VERSION) throw invalid(`The cursor has version ${body[0]}, this release reads ${VERSION}`);
    try {
      const cursor = this.#read(new ByteReader(body));
      if (this.encode(cursor) !== text) throw damaged('it is not in its one valid form');
      return cursor;
    } catch (error) {
      if (error instanceof ByteError) throw damaged(error.message);
      throw error;
    }
  }

  #read(reader: ByteReader): Cursor {
    const cursor = new Cursor();
    reader.byte();
    const flags = reader.byte();
    if (!reader.bytes(DIGEST_BYTES).equals(this.#digest)) {
      throw invalid('The cursor is of another store: this one has not given it out');
    }
    cursor.watermark = reader.bigVarint();
    if (flags === HAS_SINCE) cursor.since = reader.bigVarint();
    readPositions(reader, cursor);
    cursor.setDone(readDone(reader));
    if (cursor.shards.some((shard) => cursor.done.has(shard))) throw new ByteError('a shard stands in it twice');
    if (!reader.ended) throw new ByteError('it is too long');
    return cursor;
  }
}

function writePositions(writer: ByteWriter, cursor: Cursor): void {
  const { shards, positions } = cursor;
  writer.varint(shards.length);
  let next = 0;
  for (let index = 0; index < shards.length; index += 1) {
    const shard = shards[index] as number;
    writer.varint(shard - next);
    writer.text(positions[index] as string);
    next = shard + 1;
  }
}

function readPositions(reader: ByteReader, cursor: Cursor): void {
  const count = reader.varint(MAX_SHARD + 1);
  let next = 0;
  for (let index = 0; index < count; index += 1) {
    const shard = next + reader.varint(MAX_SHARD);
    if (shard > MAX_SHARD) throw new ByteError('it names a shard above 65,535');
    cursor.set(shard, { position: reader.text() });
    next = shard + 1;
  }
}

function writeDone(writer: ByteWriter, done: ShardRanges): void {
  writer.varint(done.ranges.length);
  let next = 0;
  for (const [first, last] of done.ranges) {
    writer.varint(first - next);
    writer.varint(last - first);
    next = last + 2;
  }
}

function readDone(reader: ByteReader): ShardRanges {
  const count = reader.varint(MAX_SHARD + 1);
  const ranges: [number, number][] = [];
  let next = 0;
  for (let index = 0; index < count; index += 1) {
    const first = next + reader.varint(MAX_SHARD);
    const last = first + reader.varint(MAX_SHARD);
    if (last > MAX_SHARD) throw new ByteError('it names a shard above 65,535');
    ranges.push([first, last]);
    next = last + 2;
  }
  return new ShardRanges(ranges);
}

function noCursor(): ConsumerError {
  return invalid(
    "The text is no cursor: start at 'earliest', at 'latest', at { timestamp }, or at a cursor of a page or an event",
  );
}

function damaged(why: string): ConsumerError {
  return invalid(`The cursor is damaged: ${why}`);
}

function invalid(message: string): ConsumerError {
  return new ConsumerError('InvalidCursor', message);
}
