// One event as one message: the payload is the data, untouched; all else stands in the headers, in this order.
//   Nats-Msg-Id: <producer>/<shard>/<sequence>     Mb-Time: <timestampNs>     Mb-Hash: <hash, 16 hexadecimal digits>
//   Mb-Lost: <lostBefore>                          Mb-Key: <key, percent-encoded where a header needs it>
//   Mb-Headers: <JSON of all headers, percent-encoded>, when one of them can't be a header; the others under their names
// A whole frame as one message: `Nats-Msg-Id: <producer>/<shard>/<first>-<last>`, `Mb-Frame: 1`, and the frame as the data.
// docs/reference/jetstream-format.md tells the same to people.
import type { Batch, EventView } from '../../adapter/contract.ts';
import { encodeValue, isPlain } from './header-text.ts';

export const FIRST_LINE = 'NATS/1.0\r\n';
export const ID = 'Nats-Msg-Id';

/** The headers of the message of an event. `idStart` is `<producer>/<shard>/`. */
export function eventHeaders(event: EventView, idStart: string, lostBefore: number): Buffer {
  const hash = event.hash.toString(16).padStart(16, '0');
  let text = `${FIRST_LINE}${ID}: ${idStart}${event.sequence}\r\nMb-Time: ${event.timestampNs}\r\nMb-Hash: ${hash}\r\n`;
  if (lostBefore > 0) text += `Mb-Lost: ${lostBefore}\r\n`;
  const { key, headers } = event;
  if (key !== undefined) text += `Mb-Key: ${encodeValue(key)}\r\n`;
  if (headers !== undefined) text += userHeaders(headers);
  return Buffer.from(`${text}\r\n`, 'latin1');
}

/** The headers of a message that holds a whole frame; `lost` when it is another number than the frame says. */
export function frameHeaders(idStart: string, batch: Batch, lost: number | undefined): Buffer {
  const { count, firstSequence } = batch;
  const id = `${idStart}${firstSequence}-${firstSequence + count - 1}`;
  const told = lost === undefined ? '' : `Mb-Lost: ${lost}\r\n`;
  return Buffer.from(`${FIRST_LINE}${ID}: ${id}\r\nMb-Frame: 1\r\n${told}\r\n`, 'latin1');
}

function userHeaders(headers: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(headers);
  const plain = pairs.filter(([name, value]) => isPlain(name, value));
  const whole = plain.length === pairs.length ? '' : `Mb-Headers: ${encodeURIComponent(JSON.stringify(pairs))}\r\n`;
  return whole + plain.map(([name, value]) => `${name}: ${value}\r\n`).join('');
}
