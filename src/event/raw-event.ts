// An event as bytes, with the hash that picks its shard: the form for high throughput. The bytes are never parsed
// nor changed. Invariant: the bytes are the event's own, so that the hash stays true.
import { isUtf8 } from 'node:buffer';
import { types } from 'node:util';
import { IngestionError } from '../errors/ingestion-error.ts';
import { hashBytes } from '../kernel/hasher.ts';
import { nameOf, refuseBytes, toJsonText } from './json-text.ts';

const CONTENT = Symbol.for('meshbus.RawEvent');
const MAX_HASH = 0xffff_ffff_ffff_ffffn;

/** What a RawEvent of any copy of the package holds. The two halves are there once the hash is known. */
export interface RawContent {
  readonly bytes: Uint8Array<ArrayBuffer>;
  low: number;
  high: number;
  hashed: boolean;
}

/** The content of a RawEvent, or undefined for anything else. */
export function rawContent(value: unknown): RawContent | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as { [CONTENT]?: RawContent })[CONTENT] ?? undefined;
}

/**
 * Pre-serialised bytes of an event, with the hash that picks its shard. Immutable.
 *
 * @example
 * ```ts
 * bus.ingestRaw(RawEvent.fromString('{"token":"Hello"}'));
 * ```
 */
export class RawEvent {
  readonly [CONTENT]: RawContent;

  private constructor(bytes: Uint8Array<ArrayBuffer>, hash?: bigint) {
    const low = hash === undefined ? 0 : Number(hash & 0xffff_ffffn);
    const high = hash === undefined ? 0 : Number(hash >> 32n);
    this[CONTENT] = { bytes, low, high, hashed: hash !== undefined };
  }

  /** Takes any bytes, and copies them. @throws IngestionError `Serialization` when it is given something else. */
  static fromBytes(bytes: Uint8Array): RawEvent {
    return new RawEvent(copyOf(bytes, 'fromBytes'));
  }

  /** The same for bytes that must be JSON in UTF-8. @throws IngestionError `Serialization` when they are not. */
  static fromBytesValidated(bytes: Uint8Array): RawEvent {
    const copy = copyOf(bytes, 'fromBytesValidated');
    if (!isUtf8(copy))
      throw new IngestionError('Serialization', 'RawEvent.fromBytesValidated: the bytes are not UTF-8.');
    try {
      JSON.parse(Buffer.from(copy.buffer).toString('utf8'));
    } catch (cause) {
      throw new IngestionError('Serialization', 'RawEvent.fromBytesValidated: the bytes are not JSON.', { cause });
    }
    return new RawEvent(copy);
  }

  /** The same with a hash of the caller's, 0 to 2^64 - 1, which then picks the shard. */
  static fromBytesWithHash(bytes: Uint8Array, hash: bigint): RawEvent {
    if (typeof hash !== 'bigint' || hash < 0n || hash > MAX_HASH) {
      throw new IngestionError('Serialization', 'RawEvent.fromBytesWithHash: the hash is a bigint from 0 to 2^64 - 1.');
    }
    return new RawEvent(copyOf(bytes, 'fromBytesWithHash'), hash);
  }

  /** Takes text as UTF-8. @throws IngestionError `Serialization` for a lone surrogate, which UTF-8 cannot hold. */
  static fromString(text: string): RawEvent {
    if (typeof text !== 'string' || !text.isWellFormed()) {
      throw new IngestionError('Serialization', 'RawEvent.fromString takes a string without lone surrogates.');
    }
    return new RawEvent(new TextEncoder().encode(text));
  }

  /** Serialises a value as JSON. @throws IngestionError `Serialization` for bytes, and for what JSON cannot hold. */
  static fromValue(value: unknown): RawEvent {
    refuseBytes(value);
    if (rawContent(value) !== undefined) {
      throw new IngestionError(
        'Serialization',
        'RawEvent.fromValue takes a JSON value, got a RawEvent: use it as it is.',
      );
    }
    return RawEvent.fromString(toJsonText(value));
  }

  /** A copy of the bytes, the caller's own. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this[CONTENT].bytes.slice();
  }

  /** XXH64, seed 0, of the bytes, or what `fromBytesWithHash` was given. */
  get hash(): bigint {
    const content = this[CONTENT];
    if (!content.hashed) {
      const hash = hashBytes(content.bytes);
      content.low = Number(hash & 0xffff_ffffn);
      content.high = Number(hash >> 32n);
      content.hashed = true;
    }
    return (BigInt(content.high) << 32n) | BigInt(content.low);
  }

  toJSON(): { bytes: number; hash: string } {
    return { bytes: this[CONTENT].bytes.length, hash: this.hash.toString(16).padStart(16, '0') };
  }
}

function copyOf(bytes: unknown, method: string): Uint8Array<ArrayBuffer> {
  if (!types.isUint8Array(bytes)) {
    throw new IngestionError('Serialization', `RawEvent.${method} takes a Uint8Array, got ${nameOf(bytes)}.`);
  }
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    const message = `RawEvent.${method}: the bytes cannot be read, their buffer was transferred or resized.`;
    throw new IngestionError('Serialization', message, { cause });
  }
}
