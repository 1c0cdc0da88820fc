// A message of the stream as it came, over a pull or by a get. Invariant: `headers` is the block of headers as the
// server keeps it, one character a byte; nothing of it is believed yet.
import type { Msg } from '@nats-io/transport-node';

export interface StoredMessage {
  readonly subject: string;
  readonly streamSeq: number;
  /** The block of headers, or an empty text. */
  readonly headers: string;
  readonly data: Uint8Array;
}

/** What the server tells of a message that a consumer delivers. */
export interface Delivery {
  readonly streamSeq: number;
  readonly consumerSeq: number;
  /** Messages of the consumer that follow. */
  readonly pending: number;
}

/** Reads `$JS.ACK.[domain.account.]stream.consumer.delivered.stream-seq.consumer-seq.time.pending[.random]`. */
export function deliveryOf(reply: string): Delivery | undefined {
  const parts = reply.split('.');
  if (parts[0] !== '$JS' || parts[1] !== 'ACK') return undefined;
  const at = parts.length >= 11 ? 7 : 5;
  const [streamSeq, consumerSeq, , pending] = parts.slice(at, at + 4).map(Number);
  if (streamSeq === undefined || consumerSeq === undefined || pending === undefined) return undefined;
  return { streamSeq, consumerSeq, pending };
}

/**
 * The headers of a message as they came. The client keeps them right before the data in one block and decodes them on
 * demand, which costs more than the whole rest of reading a message.
 */
export function headersOf(message: Msg): string {
  const { data } = message;
  const size = (message as Msg & { size?: () => number }).size?.() ?? 0;
  const length = size - message.subject.length - (message.reply?.length ?? 0) - data.length;
  if (length > 0 && data.byteOffset >= length) {
    const text = Buffer.from(data.buffer, data.byteOffset - length, length).toString('latin1');
    if (text.startsWith('NATS/1.0')) return text;
  }
  if (length === 0) return '';
  return message.headers?.toString() ?? '';
}

/** One field of a block of headers; undefined when it is not there. Values hold no line break. */
export function fieldOf(headers: string, name: string): string | undefined {
  const at = headers.indexOf(`\r\n${name}: `);
  if (at < 0) return undefined;
  const start = at + name.length + 4;
  return headers.slice(start, headers.indexOf('\r\n', start));
}
