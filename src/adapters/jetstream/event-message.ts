// One event as one message: the payload is the data, untouched; all else stands in the headers, in this order.
//   Nats-Msg-Id: <producer>/<shard>/<sequence>     Mb-Time: <timestampNs>     Mb-Hash: <hash, 16 hexadecimal digits>
//   Mb-Lost: <events before it that the bus dropped>   Mb-Forgotten: <acknowledged events before it that the server lost>
//   Mb-Key: <key, percent-encoded where a header needs it>
//   Mb-Headers: <JSON of all headers, percent-encoded>, when one of them can't be a header; the others under their names
//   Mb-Meta: <flags> <key and headers as in a record, base64>, instead of all of them when they are longer than 8 KB
// A whole frame as one message: `Nats-Msg-Id: <producer>/<shard>/<first>-<last>`, `Mb-Frame: 1`, and the frame as the data.
// docs/reference/jetstream-format.md tells the same to people.
import { MAX_META_BYTES } from '../../../kernel/layout.ts';
import type { Batch, EventView } from '../../adapter/contract.ts';
import { metaFlags, writeMeta } from '../../frame/meta.ts';
import { encodeValue, isPlain } from './header-text.ts';

/** The longest key and headers as text, in characters. */
const MOST_TEXT = 8192;
/** The longest headers of a message that `eventHeaders` makes: the lines that each has, and the longest key and headers. */
export const MOST_HEADER_BYTES = 512 + Math.ceil(MAX_META_BYTES / 3) * 4;

export const FIRST_LINE = 'NATS/1.0\r\n';
export const ID = 'Nats-Msg-Id';

/** What is missing right before an event. */
export interface Missing {
  /** Events that the bus dropped. */
  readonly lost: number;
  /** Acknowledged events that the server has lost. */
  readonly forgotten: number;
}

export const NOTHING_MISSING: Missing = Object.freeze({ lost: 0, forgotten: 0 });

/** The headers of the message of an event. `idStart` is `<producer>/<shard>/`. */
export function eventHeaders(event: EventView, idStart: string, missing: Missing): Buffer {
  const hash = event.hash.toString(16).padStart(16, '0');
  let text = `${FIRST_LINE}${ID}: ${idStart}${event.sequence}\r\nMb-Time: ${event.timestampNs}\r\nMb-Hash: ${hash}\r\n`;
  if (missing.lost > 0) text += `Mb-Lost: ${missing.lost}\r\n`;
  if (missing.forgotten > 0) text += `Mb-Forgotten: ${missing.forgotten}\r\n`;
  const { key, headers } = event;
  if (key !== undefined || headers !== undefined) text += metaLines(key, headers);
  return Buffer.from(`${text}\r\n`, 'latin1');
}

/** The headers of a message that holds a whole frame; they tell of a loss where it is another than the frame says. */
export function frameHeaders(idStart: string, batch: Batch, { forgotten, lost }: Missing): Buffer {
  const { count, firstSequence, lostBefore } = batch;
  const id = `${idStart}${firstSequence}-${firstSequence + count - 1}`;
  let told = lost === lostBefore ? '' : `Mb-Lost: ${lost}\r\n`;
  if (forgotten > 0) told += `Mb-Forgotten: ${forgotten}\r\n`;
  return Buffer.from(`${FIRST_LINE}${ID}: ${id}\r\nMb-Frame: 1\r\n${told}\r\n`, 'latin1');
}

function metaLines(key: string | undefined, headers: Readonly<Record<string, string>> | undefined): string {
  const keyLine = key === undefined ? '' : `Mb-Key: ${encodeValue(key)}\r\n`;
  const lines = headers === undefined ? keyLine : keyLine + userHeaders(headers);
  if (lines.length <= MOST_TEXT) return lines;
  // Percent signs may make them six times as long; so no event needs more room than its bytes in base64.
  const meta = Buffer.allocUnsafe(MAX_META_BYTES);
  const length = writeMeta(meta, key, headers === undefined ? undefined : Object.entries(headers).flat());
  const flags = metaFlags(key, headers === undefined ? undefined : []);
  return `Mb-Meta: ${flags} ${meta.toString('base64', 0, length)}\r\n`;
}

function userHeaders(headers: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(headers);
  const plain = pairs.filter(([name, value]) => isPlain(name, value));
  const whole = plain.length === pairs.length ? '' : `Mb-Headers: ${encodeURIComponent(JSON.stringify(pairs))}\r\n`;
  return whole + plain.map(([name, value]) => `${name}: ${value}\r\n`).join('');
}
