// What is still to be written to one socket. Invariants: messages keep their order; each is copied as it comes into blocks
// that are used again and again, since node:tls copies a write of many pieces into fresh memory; few writes at a time are under
// way, since a loop of write and drain with small writes starves every timer of the process.
import { LENGTH_BYTES } from '../session/layout.ts';

/** The part of a socket that is written to. */
export interface OutboxSocket {
  readonly writableLength: number;
  write(bytes: Uint8Array, written: () => void): unknown;
}

export interface OutboxOptions {
  readonly soon: (call: () => void) => unknown;
  /** Called whenever bytes have left. */
  readonly progress: () => void;
  /** Blocks are kept for later messages as long as they and what waits are no more than this. */
  readonly keepBytes: number;
}

/** The most that one write takes: with two of these under way the peer always has something to decrypt (bench net). */
const BLOCK_BYTES = 1_048_576;
const LEAST_BLOCK_BYTES = 4096;
const MOST_WRITES = 2;

interface Block {
  bytes: Buffer;
  length: number;
}

export class Outbox {
  readonly #socket: OutboxSocket;
  readonly #soon: (call: () => void) => unknown;
  readonly #progress: () => void;
  readonly #keepBytes: number;
  readonly #free: Buffer[] = [];
  #freeBytes = 0;
  readonly #length = Buffer.alloc(LENGTH_BYTES);
  /** Blocks with something in them; messages are added to the last one. */
  #queue: Block[] = [];
  #queuedBytes = 0;
  #writes = 0;
  #scheduled = false;
  #closed = false;
  #sentBytes = 0;
  #drained: (() => void) | undefined;

  constructor(socket: OutboxSocket, options: OutboxOptions) {
    this.#socket = socket;
    this.#soon = options.soon;
    this.#progress = options.progress;
    this.#keepBytes = options.keepBytes;
  }

  /** Bytes that wait here or in the socket. */
  get waitingBytes(): number {
    return this.#queuedBytes + this.#socket.writableLength;
  }

  /** Bytes handed to the socket so far. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Puts a message, which ends with `body`, behind all others. */
  push(message: Uint8Array, body: Uint8Array = EMPTY): void {
    if (this.#closed) return;
    const length = message.length + body.length;
    this.#length.writeUInt32LE(length);
    for (const piece of [this.#length, message, body]) this.#copy(piece);
    this.#queuedBytes += LENGTH_BYTES + length;
    this.#schedule();
  }

  /** Calls once everything is handed to the socket; nothing is taken any more. */
  close(drained: () => void): void {
    this.#closed = true;
    this.#drained = drained;
    this.#schedule();
  }

  /** Throws away what waits. */
  discard(): void {
    this.#closed = true;
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #copy(piece: Uint8Array): void {
    for (let at = 0; at < piece.length; ) {
      const block = this.#blockFor(piece.length - at);
      const count = Math.min(piece.length - at, block.bytes.length - block.length);
      block.bytes.set(count === piece.length ? piece : piece.subarray(at, at + count), block.length);
      block.length += count;
      at += count;
    }
  }

  /** The block that takes the next bytes, `count` of them or more. */
  #blockFor(count: number): Block {
    let block = this.#queue.at(-1);
    if (block === undefined || block.length === BLOCK_BYTES) {
      const bytes = this.#free.pop() ?? EMPTY;
      this.#freeBytes -= bytes.length;
      block = { bytes, length: 0 };
      this.#queue.push(block);
    }
    if (block.length === block.bytes.length) grow(block, count);
    return block;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#soon(this.#flush);
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    while (this.#queue.length > 0 && this.#writes < MOST_WRITES) this.#write(this.#queue.shift() as Block);
    if (this.#queue.length > 0) return;
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.();
  };

  #keep(bytes: Buffer): void {
    if (this.#freeBytes + bytes.length + this.waitingBytes > this.#keepBytes) return;
    this.#free.push(bytes);
    this.#freeBytes += bytes.length;
  }

  #write({ bytes, length }: Block): void {
    this.#writes += 1;
    this.#queuedBytes -= length;
    this.#sentBytes += length;
    this.#socket.write(bytes.subarray(0, length), () => {
      this.#writes -= 1;
      this.#keep(bytes);
      if (this.#queue.length > 0) this.#schedule();
      this.#progress();
    });
  }
}

const EMPTY = Buffer.alloc(0);

/** Gives a block room for `count` more bytes, as far as a block may have it. */
function grow(block: Block, count: number): void {
  const capacity = Math.max(LEAST_BLOCK_BYTES, 2 * block.bytes.length, block.length + count);
  const bytes = Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, capacity));
  bytes.set(block.bytes.subarray(0, block.length));
  block.bytes = bytes;
}
