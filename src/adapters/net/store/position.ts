// A position of a mesh: how far each producer was read in one shard, the same on every node. Invariant: one place has one
// text, whatever node wrote it; keys rise, so that equal places are equal strings.
//
//   u8 0x20, 0x21 with a floor, 0x22 with a floor and told gaps | varint floor, whole milliseconds |
//   varint count of told gaps, each { 6 bytes key, varint end } | entries { 6 bytes key, varint next }, until the end
//
// The first bit of a key says that the streams which this one succeeds are read to their ends (docs/decisions/0015). The
// floor says that of streams which have no entry the events up to it count as read; a told gap, that those before its end
// count as read as well. The bytes are base64url text.
import { PositionError } from '../../../errors/position-error.ts';
import { MessageError, MessageReader, MessageWriter } from '../protocol/message-bytes.ts';
import { KEY_BYTES } from './stream.ts';

const PLAIN = 0x20;
const WITH_FLOOR = 0x21;
const WITH_TOLD = 0x22;
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
  /** By key: below which sequence the events of a stream without an entry were told as gone. Only beside a floor. */
  readonly told: ReadonlyMap<string, number>;
}

/** The text of a position; undefined for the start of the shard. */
export function encodePosition({ floorMs, entries, told }: Position): string | undefined {
  if (floorMs === 0 && entries.size === 0) return undefined;
  const kind = floorMs === 0 ? PLAIN : told.size === 0 ? WITH_FLOOR : WITH_TOLD;
  const writer = new MessageWriter(kind, 16 + (entries.size + told.size) * 12);
  if (kind !== PLAIN) writer.varint(floorMs);
  if (kind === WITH_TOLD) {
    writer.varint(told.size);
    for (const key of [...told.keys()].sort()) writer.bytes(Buffer.from(key, 'hex')).varint(told.get(key) as number);
  }
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
  if (text === undefined) return { floorMs: 0, entries: new Map(), told: new Map() };
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
  if (kind !== PLAIN && kind !== WITH_FLOOR && kind !== WITH_TOLD) throw damaged();
  const floorMs = kind === PLAIN ? 0 : reader.varint();
  const told = new Map<string, number>();
  for (let left = kind === WITH_TOLD ? reader.varint() : 0; left > 0; left -= 1) {
    told.set(reader.bytes(KEY_BYTES).toString('hex'), reader.varint());
  }
  const entries = new Map<string, PositionEntry>();
  while (reader.left > 0) {
    const key = reader.bytes(KEY_BYTES);
    const covers = ((key[0] as number) & COVERS_BIT) !== 0;
    key[0] = (key[0] as number) & ~COVERS_BIT;
    entries.set(key.toString('hex'), { next: reader.varint(), covers });
  }
  return { floorMs, entries, told };
}

function damaged(): PositionError {
  return new PositionError('The position is damaged, or no mesh made it.');
}
