// Reads the headers of an event's message from their bytes, in the order in which they are written here; another order,
// which other programs may make of it, is read as text. Invariant: what is read is checked; `read` says whether all of
// it was there. One reader is used for many messages and makes no object for a plain one.
import { decimalAt, digitsEnd, isDigit } from './decimal.ts';
import { decodeValue } from './header-text.ts';
import { latin1, type RawBytes } from './raw-message.ts';
import { fieldOf, nameOf } from './stored-message.ts';

const ID_LINE = Buffer.from('NATS/1.0\r\nNats-Msg-Id: ', 'latin1');
const TIME_LINE = Buffer.from('\r\nMb-Time: ', 'latin1');
const HASH_LINE = Buffer.from('\r\nMb-Hash: ', 'latin1');
const HASH_DIGITS = 16;
const END_BYTES = 4;
const SLASH = 0x2f;
const OURS = /^(?:nats-|mb-)/i;

export class EventHeaders {
  producer = '';
  sequence = 0;
  stampHigh = 0;
  stampLow = 0;
  hashHigh = 0;
  hashLow = 0;
  lostBefore = 0;
  forgottenBefore = 0;
  key: string | undefined;
  /** Name, value, name, value ... */
  pairs: readonly string[] | undefined;
  /** Key and headers as they stand in a record, instead of `key` and `pairs`, with their flags. */
  meta: { readonly bytes: Uint8Array; readonly flags: number } | undefined;
  #producerBytes: Uint8Array = new Uint8Array(0);

  /** False when the message is no single event of this format. */
  read(headers: RawBytes): boolean {
    const rest = this.#readInOrder(headers);
    if (rest === undefined) return this.#readText(headers);
    this.#readMore(rest === headers.end - END_BYTES ? undefined : latin1({ ...headers, start: rest }));
    return true;
  }

  /** Where the line behind the hash ends and the others begin; undefined when the order is another one. */
  #readInOrder({ block, start, end }: RawBytes): number | undefined {
    if (!isAt(block, start, ID_LINE)) return undefined;
    const producerAt = start + ID_LINE.length;
    let at = producerAt;
    while (at < end && block[at] !== SLASH) at += 1;
    const producerEnd = at;
    for (at += 1; at < end && block[at] !== SLASH; ) at += 1;
    const sequenceAt = at + 1;
    at = digitsEnd(block, sequenceAt);
    this.sequence = decimalAt(block, sequenceAt, at);
    if (at === sequenceAt || at - sequenceAt > 16 || !isAt(block, at, TIME_LINE)) return undefined;
    at = this.#readStamp(block, at + TIME_LINE.length);
    if (!isAt(block, at, HASH_LINE)) return undefined;
    at += HASH_LINE.length;
    this.hashHigh = hexAt(block, at);
    this.hashLow = hexAt(block, at + HASH_DIGITS / 2);
    if (this.hashHigh < 0 || this.hashLow < 0) return undefined;
    this.#readProducer(block, producerAt, producerEnd);
    return at + HASH_DIGITS;
  }

  /** 1 to 20 decimal digits as two halves of 64 bits; where they end. */
  #readStamp(block: Uint8Array, start: number): number {
    const end = digitsEnd(block, start);
    // value = billions * 1e9 + units, and billions = high * 2^16 + low: every product stays below 2^53.
    const billions = decimalAt(block, start, end - 9);
    const units = decimalAt(block, Math.max(start, end - 9), end);
    const upper = Math.floor(billions / 65_536) * 1e9;
    const lower = (billions % 65_536) * 1e9 + units;
    const low = (upper % 65_536) * 65_536 + lower;
    this.stampHigh = Math.floor(upper / 65_536) + Math.floor(low / 4_294_967_296);
    this.stampLow = low % 4_294_967_296;
    return end;
  }

  /** Mostly the same as that of the message before. */
  #readProducer(block: Uint8Array, start: number, end: number): void {
    if (end - start === this.#producerBytes.length && isAt(block, start, this.#producerBytes)) return;
    this.#producerBytes = block.slice(start, end);
    this.producer = Buffer.from(this.#producerBytes).toString('latin1');
  }

  #readText(headers: RawBytes): boolean {
    const name = nameOf({ headers });
    const text = latin1(headers);
    const [stamp = '', hash = ''] = [fieldOf(text, 'Mb-Time'), fieldOf(text, 'Mb-Hash')];
    if (name === undefined || name.isFrame || !/^\d{1,20}$/.test(stamp) || !/^[0-9a-f]{16}$/.test(hash)) return false;
    this.producer = name.producer;
    this.#producerBytes = Buffer.from(name.producer, 'latin1');
    this.sequence = name.firstSequence;
    this.#readStamp(Buffer.from(stamp), 0);
    this.hashHigh = Number.parseInt(hash.slice(0, 8), 16);
    this.hashLow = Number.parseInt(hash.slice(8), 16);
    this.#readMore(text.slice(text.indexOf('\r\n')));
    return true;
  }

  /** The lines that only some events have. */
  #readMore(lines: string | undefined): void {
    this.lostBefore = 0;
    this.forgottenBefore = 0;
    this.key = undefined;
    this.pairs = undefined;
    this.meta = undefined;
    if (lines === undefined) return;
    const key = fieldOf(lines, 'Mb-Key');
    if (key !== undefined) this.key = decodeValue(key);
    const lost = fieldOf(lines, 'Mb-Lost');
    if (lost !== undefined) this.lostBefore = Number(lost);
    const forgotten = fieldOf(lines, 'Mb-Forgotten');
    if (forgotten !== undefined) this.forgottenBefore = Number(forgotten);
    const [flags, bytes] = fieldOf(lines, 'Mb-Meta')?.split(' ') ?? [];
    if (bytes !== undefined) this.meta = { flags: Number(flags), bytes: Buffer.from(bytes, 'base64') };
    const whole = fieldOf(lines, 'Mb-Headers');
    const pairs =
      whole === undefined ? plainPairs(lines) : (JSON.parse(decodeURIComponent(whole)) as string[][]).flat();
    if (pairs.length > 0) this.pairs = pairs;
  }
}

function plainPairs(lines: string): string[] {
  return lines.split('\r\n').flatMap((line) => {
    const colon = line.indexOf(':');
    return colon <= 0 || OURS.test(line) ? [] : [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
}

function isAt(block: Uint8Array, at: number, bytes: Uint8Array): boolean {
  for (let nth = 0; nth < bytes.length; nth += 1) if (block[at + nth] !== bytes[nth]) return false;
  return true;
}

/** 8 hexadecimal digits; -1 for anything else. */
function hexAt(block: Uint8Array, start: number): number {
  let value = 0;
  for (let at = start; at < start + HASH_DIGITS / 2; at += 1) {
    const byte = block[at] ?? 0;
    const digit = byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : isDigit(byte) ? byte - 0x30 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}
