// A message of the stream as it came, over a pull or by a get. Invariant: nothing of it is believed yet.
import { latin1, type RawBytes } from './raw-message.ts';

export interface StoredMessage {
  readonly streamSeq: number;
  /** The block of headers; empty when there are none. */
  readonly headers: RawBytes;
  readonly data: Uint8Array;
}

/** How a message names its events. */
export interface MessageName {
  readonly producer: string;
  readonly shard: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly isFrame: boolean;
}

const NAME = /^(.+)\/(\d{1,5})\/(\d{1,16})(?:-(\d{1,16}))?$/;

/** One field of a block of headers; undefined when it is not there. Values hold no line break. */
export function fieldOf(headers: string, name: string): string | undefined {
  const at = headers.indexOf(`\r\n${name}: `);
  if (at < 0) return undefined;
  const start = at + name.length + 4;
  return headers.slice(start, headers.indexOf('\r\n', start));
}

/** The name of a message by its headers; undefined when another program wrote it. */
export function nameOf({ headers }: Pick<StoredMessage, 'headers'>): MessageName | undefined {
  const [, producer, shard, first, last] = NAME.exec(fieldOf(latin1(headers), 'Nats-Msg-Id') ?? '') ?? [];
  if (producer === undefined || shard === undefined || first === undefined) return undefined;
  const firstSequence = Number(first);
  const lastSequence = last === undefined ? firstSequence : Number(last);
  return { producer, shard: Number(shard), firstSequence, lastSequence, isFrame: last !== undefined };
}
