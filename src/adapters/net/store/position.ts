// A position of a mesh: how far each producer was read in one shard, the same on every node. Invariant: one place has one
// text, whatever node wrote it; keys rise, so that equal places are equal strings.
//
//   u8 0x20 or 0x21 with a floor | varint floor, whole milliseconds | entries { 6 bytes key, varint next }, until the end
//
// The first bit of a key says that the streams which this one succeeds are read to their ends (docs/decisions/0015). The
// floor says that of streams which have no entry the events up to it count as read. The bytes are base64url text.
import { PositionError } from '../../../errors/position-error.ts';
import { MessageError, MessageReader, MessageWriter } from '../protocol/message-bytes.ts';
import { KEY_BYTES } from './stream.ts';

const PLAIN = 0x20;
const WITH_FLOOR = 0x21;
const COVERS_BIT = 0x80;
const TEXT = /^[A-Za-z0-9_-]{2,}$/;
const MOST_CHARACTERS = 4 * 1024 * 1024;

/** How far one producer was read. */
export interface PositionEntry {
  /** One more than the newest sequence that was read. */
  readonly next: number;
  /** Whether the streams that it succeeds are read to their ends, but for those with entries of their own. */
  readonly covers: boolean;
}

export interface Position {
  readonly floorMs: number;
  /** By key, see `Stream.key`. */
  readonly entries: ReadonlyMap<string, PositionEntry>;
}

/** The text of a position; undefined for the start of the shard. */
export function encodePosition({ floorMs, entries }: Position): string | undefined {
  if (floorMs === 0 && entries.size === 0) return undefined;
  const writer = new MessageWriter(floorMs === 0 ? PLAIN : WITH_FLOOR, 16 + entries.size * 12);
  if (floorMs !== 0) writer.varint(floorMs);
  for (const key of [...entries.keys()].sort()) {
    const { next, covers } = entries.get(key) as PositionEntry;
    const bytes = Buffer.from(key, 'hex');
    if (covers) bytes[0] = (bytes[0] as number) | COVERS_BIT;
    writer.bytes(bytes).varint(next);
  }
  return Buffer.from(writer.done()).toString('base64url');
}

/** @throws PositionError for a text that no node of a mesh has written */
export function decodePosition(text: string | undefined): Position {
  if (text === undefined) return { floorMs: 0, entries: new Map() };
  if (typeof text !== 'string' || text.length > MOST_CHARACTERS || !TEXT.test(text)) throw damaged();
  try {
    const position = read(Buffer.from(text, 'base64url'));
    if (encodePosition(position) !== text) throw damaged();
    return position;
  } catch (error) {
    if (error instanceof MessageError) throw damaged();
    throw error;
  }
}

function read(bytes: Buffer): Position {
  const reader = new MessageReader(bytes, 0);
  const kind = reader.byte();
  if (kind !== PLAIN && kind !== WITH_FLOOR) throw damaged();
  const floorMs = kind === WITH_FLOOR ? reader.varint() : 0;
  const entries = new Map<string, PositionEntry>();
  while (reader.left > 0) {
    const key = reader.bytes(KEY_BYTES);
    const covers = ((key[0] as number) & COVERS_BIT) !== 0;
    key[0] = (key[0] as number) & ~COVERS_BIT;
    entries.set(key.toString('hex'), { next: reader.varint(), covers });
  }
  return { floorMs, entries };
}

function damaged(): PositionError {
  return new PositionError('The position is damaged, or no mesh made it.');
}
