// What is still to be written to one socket. Invariants: messages keep their order; they are copied into two blocks that are
// used again and again, since a write of many pieces is copied by node:tls into fresh memory; one turn of the event loop
// writes no more than these, since a loop of write and drain with small writes starves every timer of the process.
import { LENGTH_BYTES } from '../session/layout.ts';

/** The part of a socket that is written to. */
export interface OutboxSocket {
  readonly writableLength: number;
  write(bytes: Uint8Array, written: () => void): unknown;
}

/** The most that one write takes. */
const BLOCK_BYTES = 262_144;
const LEAST_BLOCK_BYTES = 4096;
/** A message that waits is an object with memory of its own, however short it is. */
const MESSAGE_COST_BYTES = 256;

export class Outbox {
  readonly #socket: OutboxSocket;
  readonly #soon: (call: () => void) => unknown;
  /** Pieces of messages, each with its length before it. */
  #queue: Uint8Array[] = [];
  #head = 0;
  /** How much of the first piece was written. */
  #headAt = 0;
  #queuedBytes = 0;
  #scheduled = false;
  #closed = false;
  #sentBytes = 0;
  #drained: (() => void) | undefined;
  readonly #blocks: readonly Block[];

  /** `progress` is called whenever bytes have left. */
  constructor(socket: OutboxSocket, soon: (call: () => void) => unknown, progress: () => void) {
    this.#socket = socket;
    this.#soon = soon;
    const written = (): void => {
      if (this.#head < this.#queue.length) this.#schedule();
      progress();
    };
    this.#blocks = [new Block(written), new Block(written)];
  }

  /** Bytes that wait here or in the socket. */
  get waitingBytes(): number {
    return this.#queuedBytes + this.#socket.writableLength;
  }

  /** What all that waits costs in memory, roughly. */
  get heldBytes(): number {
    return this.waitingBytes + MESSAGE_COST_BYTES * (this.#queue.length - this.#head);
  }

  /** Bytes handed to the socket so far. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Puts a message behind all others; its bytes, and those of its `body`, must stay as they are. */
  push(message: Uint8Array, body: Uint8Array = EMPTY): void {
    if (this.#closed) return;
    const head = Buffer.allocUnsafe(LENGTH_BYTES + message.length);
    head.writeUInt32LE(message.length + body.length);
    head.set(message, LENGTH_BYTES);
    this.#queue.push(head);
    if (body.length > 0) this.#queue.push(body);
    this.#queuedBytes += head.length + body.length;
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
    this.#head = 0;
    this.#headAt = 0;
    this.#queuedBytes = 0;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#soon(this.#flush);
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    for (const block of this.#blocks) {
      if (this.#queuedBytes > 0 && !block.isTaken) this.#write(block);
    }
    if (this.#queuedBytes > 0) return;
    this.#queue = [];
    this.#head = 0;
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.();
  };

  #write(block: Block): void {
    const length = Math.min(BLOCK_BYTES, this.#queuedBytes);
    const bytes = block.take(length);
    for (let at = 0; at < length; ) at += this.#copy(bytes, at);
    this.#queuedBytes -= length;
    this.#sentBytes += length;
    this.#socket.write(bytes, block.written);
  }

  /** Copies of the first piece what fits; returns how much. */
  #copy(bytes: Buffer, at: number): number {
    const piece = this.#queue[this.#head] as Uint8Array;
    const count = Math.min(piece.length - this.#headAt, bytes.length - at);
    bytes.set(count === piece.length ? piece : piece.subarray(this.#headAt, this.#headAt + count), at);
    this.#headAt += count;
    if (this.#headAt === piece.length) {
      this.#queue[this.#head] = EMPTY; // A slow socket must not keep what was written.
      this.#head += 1;
      this.#headAt = 0;
    }
    return count;
  }
}

/** Memory for one write at a time; it grows to what is needed. */
class Block {
  isTaken = false;
  readonly written: () => void;
  #bytes = Buffer.alloc(0);

  constructor(written: () => void) {
    this.written = () => {
      this.isTaken = false;
      written();
    };
  }

  take(length: number): Buffer {
    this.isTaken = true;
    if (this.#bytes.length < length) {
      const capacity = Math.min(BLOCK_BYTES, Math.max(LEAST_BLOCK_BYTES, 2 * length));
      this.#bytes = Buffer.allocUnsafeSlow(capacity);
    }
    return this.#bytes.subarray(0, length);
  }
}

const EMPTY = new Uint8Array(0);
