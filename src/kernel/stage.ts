// Puts one event into the staging area: the payload always at the same address, its key and headers right before it.
// Invariants: nothing of a caller runs in here, so an event that is staged is offered before the next one is; nothing
// is written outside the area, whatever a caller's array says of itself.
// Hop before: the intake, which has read and checked everything; hop after: an offer of the kernel.
import { HAS_KEY, MAX_META_BYTES } from '../../kernel/layout.ts';
import { metaFlags, writeMeta } from '../frame/meta.ts';

const encoder = new TextEncoder();
const SHORT_KEY = 64;

/** What `setBytes` and `setText` answer instead of a length. */
export const TOO_LONG = -1;
export const UNREADABLE = -2;

export class Stage {
  /** Bytes of key and headers of what is staged. */
  meta = 0;
  /** Which of them are there, see kernel/layout.ts. */
  flags = 0;
  /** How long the payload was that was refused last as TOO_LONG. */
  refusedBytes = 0;
  readonly maxEventBytes: number;
  readonly #bytes: Uint8Array;
  readonly #at: number;
  readonly #payload: Uint8Array;
  readonly #scratch = new Uint8Array(MAX_META_BYTES);

  constructor(memory: Uint8Array, at: number, maxEventBytes: number) {
    this.#bytes = memory;
    this.#at = at;
    this.#payload = memory.subarray(at, at + maxEventBytes);
    this.maxEventBytes = maxEventBytes;
  }

  clearMeta(): void {
    this.meta = 0;
    this.flags = 0;
  }

  /** Stages key and headers (name, value, ...); false when they do not fit 65,535 bytes. */
  setMeta(key: string | undefined, pairs: readonly string[] | undefined): boolean {
    if (key !== undefined && pairs === undefined && key.length <= SHORT_KEY && this.#setShortKey(key)) return true;
    const length = writeMeta(this.#scratch, key, pairs);
    if (length < 0) return false;
    this.#bytes.set(this.#scratch.subarray(0, length), this.#at - length);
    this.meta = length;
    this.flags = metaFlags(key, pairs);
    return true;
  }

  /** Stages a payload; its length, or TOO_LONG, or UNREADABLE when its buffer was transferred or it is no array. */
  setBytes(payload: Uint8Array): number {
    try {
      // A subclass may say another length: it gets what it says, but nothing outside the area is written (asking the
      // array itself costs 5 ns of 110).
      const { length } = payload;
      if (length > this.maxEventBytes) return this.#tooLong(length);
      this.#payload.set(payload);
      return length | 0;
    } catch {
      // A detached buffer, or one that another thread let grow in between: nothing was offered.
      return UNREADABLE;
    }
  }

  /** Stages text as UTF-8; its length in bytes, or TOO_LONG. */
  setText(text: string): number {
    if (text.length > this.maxEventBytes) return this.#tooLong(Buffer.byteLength(text));
    const { read, written } = encoder.encodeInto(text, this.#payload);
    return read < text.length ? this.#tooLong(Buffer.byteLength(text)) : written;
  }

  /** A copy of what is staged, for an event that has to wait. */
  save(payload: number): Uint8Array {
    return this.#bytes.slice(this.#at - this.meta, this.#at + payload);
  }

  /** Stages such a copy again. */
  restore(saved: Uint8Array, meta: number, flags: number): void {
    this.meta = meta;
    this.flags = flags;
    this.#bytes.set(saved, this.#at - meta);
  }

  #tooLong(bytes: number): number {
    this.refusedBytes = bytes;
    return TOO_LONG;
  }

  /** The everyday key, short and ASCII, is written without a detour: `keyed ingest` in the micro bench. */
  #setShortKey(key: string): boolean {
    const length = key.length;
    const start = this.#at - length;
    const bytes = this.#bytes;
    for (let index = 0; index < length; index += 1) {
      const code = key.charCodeAt(index);
      if (code > 0x7f) return false;
      bytes[start + index] = code;
    }
    bytes[start - 2] = length;
    bytes[start - 1] = 0;
    this.meta = length + 2;
    this.flags = HAS_KEY;
    return true;
  }
}
