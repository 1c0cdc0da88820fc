// What the client holds of a message, without decoding it: its decoded forms cost more than the whole rest of reading.
// Version 3 keeps the headers right before the data in one block, and the reply subject as bytes; where it does not, the
// public forms are encoded again. Invariant: either way the bytes are those that the server sent.
import type { Msg } from '@nats-io/transport-node';

/** Bytes within a block: `block[start]` to `block[end - 1]`. */
export interface RawBytes {
  readonly block: Uint8Array<ArrayBuffer>;
  readonly start: number;
  readonly end: number;
}

interface Innards {
  readonly _msg?: { readonly hdr?: unknown; readonly reply?: unknown; readonly subject?: unknown };
  readonly _rdata?: unknown;
}

const NONE: RawBytes = { block: new Uint8Array(0), start: 0, end: 0 };
/** 'N' of `NATS/1.0`. */
const FIRST = 0x4e;

/** The block of headers; empty when there are none. */
export function rawHeaders(message: Msg): RawBytes {
  const { _msg, _rdata } = message as Innards;
  const length = _msg?.hdr;
  if (typeof length === 'number' && _rdata instanceof Uint8Array) {
    if (length <= 0) return NONE;
    if (_rdata[0] === FIRST && _rdata.length >= length) return within(_rdata as Uint8Array<ArrayBuffer>, length);
  }
  const text = message.headers?.toString() ?? '';
  return text === '' ? NONE : whole(new TextEncoder().encode(text));
}

/** The reply subject; empty when there is none. */
export function rawReply(message: Msg): Uint8Array {
  const reply = (message as Innards)._msg?.reply;
  return reply instanceof Uint8Array ? reply : new TextEncoder().encode(message.reply ?? '');
}

/** The subject at which the message came. */
export function rawSubject(message: Msg): Uint8Array {
  const subject = (message as Innards)._msg?.subject;
  return subject instanceof Uint8Array ? subject : new TextEncoder().encode(message.subject);
}

export function whole(bytes: Uint8Array<ArrayBuffer>): RawBytes {
  return { block: bytes, start: 0, end: bytes.length };
}

function within(block: Uint8Array<ArrayBuffer>, end: number): RawBytes {
  return { block, start: 0, end };
}

/** Bytes as text, one character a byte. */
export function latin1({ block, start, end }: RawBytes): string {
  return Buffer.from(block.buffer, block.byteOffset + start, end - start).toString('latin1');
}
