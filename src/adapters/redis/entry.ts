// One entry of a stream as the server gives it, its fields found by name. Invariant: an entry that no writer of this kind
// has made is an error that names it, never an altered event. Every entry has every member, set in one order: reading
// them is then twice as fast (`npm run bench -- redis`).
import { AdapterError } from '../../errors/adapter-error.ts';
import { type EntryId, idText, parseIdBytes } from './entry-id.ts';

/** The fields of an entry; unknown ones are passed over. */
export interface Entry extends EntryId {
  /** Absent in an entry of a whole batch. */
  payload: Buffer | undefined;
  /** Nanoseconds since the Unix epoch, in decimal. */
  time: Buffer | undefined;
  /** `<producer>/<shard>/<sequence>`. */
  name: Buffer | undefined;
  /** 16 hexadecimal digits. */
  hash: Buffer | undefined;
  key: Buffer | undefined;
  /** A JSON object of texts. */
  headers: Buffer | undefined;
  /** The frame of a whole batch. */
  frame: Buffer | undefined;
  /** Events that the bus dropped right before this one. */
  dropped: number | undefined;
  /** Sequences right before this one that the server had acknowledged and lost. */
  lost: { readonly from: number; readonly to: number } | undefined;
}

const PAYLOAD = Buffer.from('payload');
const HEADERS = Buffer.from('headers');
const DROPPED = Buffer.from('dropped');
const TIME = Buffer.from('time');
const HASH = Buffer.from('hash');
const LOST = Buffer.from('lost');
const NAME = Buffer.from('id');
const KEY = Buffer.from('key');
const FRAME = Buffer.from('frame');

/**
 * An answer of XRANGE, which is empty afterwards: where the engine has put something that refers to it in old memory, its
 * thousands of small Buffers would live on with it until a full collection. That was half of the CPU of a page after a
 * time of writing (`npm run bench -- redis`). @throws AdapterError `Serialization` for an entry that is none of ours
 */
export function readEntries(reply: unknown, where: string): Entry[] {
  if (!Array.isArray(reply)) throw new AdapterError('Serialization', `${where}: the server gave no list of entries`);
  const entries = (reply as unknown[]).map((each) => readEntry(each, where));
  reply.length = 0;
  return entries;
}

/** The error of an entry that can't be read. */
export function damaged(where: string, id: EntryId, what: string): AdapterError {
  const message = `${where}: the entry ${idText(id)} ${what}: no meshbus of this version has written it`;
  return new AdapterError('Serialization', message);
}

function readEntry(reply: unknown, where: string): Entry {
  const [idBytes, fields] = reply as readonly [Buffer, readonly Buffer[]];
  const id = parseIdBytes(idBytes);
  if (id === undefined || !Array.isArray(fields)) {
    throw new AdapterError('Serialization', `${where}: the entry ${String(idBytes)} is none of a meshbus`);
  }
  const entry: Entry = {
    ms: id.ms,
    index: id.index,
    payload: undefined,
    time: undefined,
    name: undefined,
    hash: undefined,
    key: undefined,
    headers: undefined,
    frame: undefined,
    dropped: undefined,
    lost: undefined,
  };
  for (let nth = 0; nth + 1 < fields.length; nth += 2) take(entry, fields[nth] as Buffer, fields[nth + 1] as Buffer);
  if (entry.frame !== undefined) return entry;
  if (entry.payload !== undefined && entry.time && entry.name && entry.hash?.length === 16) return entry;
  throw damaged(where, id, 'lacks the fields of an event');
}

function take(entry: Entry, name: Buffer, value: Buffer): void {
  if (name.length === 7) {
    if (same(name, PAYLOAD)) entry.payload = value;
    else if (same(name, HEADERS)) entry.headers = value;
    else if (same(name, DROPPED)) entry.dropped = Number(value.toString('latin1'));
  } else if (name.length === 4) {
    if (same(name, TIME)) entry.time = value;
    else if (same(name, HASH)) entry.hash = value;
    else if (same(name, LOST)) entry.lost = rangeOf(value.toString('latin1'));
  } else if (name.length === 2 && same(name, NAME)) entry.name = value;
  else if (name.length === 3 && same(name, KEY)) entry.key = value;
  else if (name.length === 5 && same(name, FRAME)) entry.frame = value;
}

/** Whether two names of one length are the same. By hand: a call costs more than the few characters. */
function same(name: Buffer, field: Buffer): boolean {
  let at = 0;
  while (at < field.length && name[at] === field[at]) at += 1;
  return at === field.length;
}

function rangeOf(text: string): { from: number; to: number } {
  const [from, to] = text.split('-');
  return { from: Number(from), to: Number(to) };
}
