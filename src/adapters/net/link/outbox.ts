// What is still to be written to one socket. Invariants: messages keep their order; short ones are gathered to about
// 64 KiB per write; one turn of the event loop writes a bounded amount and leaves the rest to a later one, since a loop of
// write and drain with small writes starves every timer of the process.
import { LENGTH_BYTES } from '../session/layout.ts';

/** The part of a socket that is written to. */
export interface OutboxSocket {
  readonly writableLength: number;
  write(bytes: Uint8Array, written: () => void): unknown;
}

const GATHER_BYTES = 65_536;
/** Longer ones are written as they are: copying them would cost more than a write. */
const LONG_BYTES = 16_384;
const TURN_BYTES = 1_048_576;
/** A message that waits is an object with memory of its own, however short it is. */
const MESSAGE_COST_BYTES = 256;
/** The socket itself holds no more than this. */
const SOCKET_BYTES = 524_288;

export class Outbox {
  readonly #socket: OutboxSocket;
  readonly #soon: (call: () => void) => unknown;
  #queue: Uint8Array[] = [];
  #head = 0;
  #queuedBytes = 0;
  #scheduled = false;
  #closed = false;
  #sentBytes = 0;
  #drained: (() => void) | undefined;
  readonly #progress: () => void;

  /** `progress` is called whenever bytes have left. */
  constructor(socket: OutboxSocket, soon: (call: () => void) => unknown, progress: () => void) {
    this.#socket = socket;
    this.#soon = soon;
    this.#progress = progress;
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

  /** Puts a message behind all others; its bytes must stay as they are. */
  push(message: Uint8Array): void {
    if (this.#closed) return;
    this.#queue.push(message);
    this.#queuedBytes += message.length + LENGTH_BYTES;
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
    this.#queuedBytes = 0;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#soon(this.#flush);
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    let left = TURN_BYTES;
    while (this.#head < this.#queue.length && left > 0 && this.#socket.writableLength < SOCKET_BYTES) {
      left -= this.#writeSome();
    }
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
      const drained = this.#drained;
      this.#drained = undefined;
      drained?.();
    } else if (this.#socket.writableLength < SOCKET_BYTES) {
      this.#schedule();
    }
  };

  readonly #written = (): void => {
    if (this.#head < this.#queue.length) this.#schedule();
    this.#progress();
  };

  /** One write: a long message by itself, or short ones together. Returns its bytes. */
  #writeSome(): number {
    const first = this.#queue[this.#head] as Uint8Array;
    if (first.length >= LONG_BYTES) {
      this.#take();
      const head = Buffer.allocUnsafe(LENGTH_BYTES);
      head.writeUInt32LE(first.length);
      this.#sentBytes += LENGTH_BYTES;
      this.#socket.write(head, ignored);
      return this.#write(first);
    }
    let [bytes, end] = [0, this.#head];
    for (; end < this.#queue.length; end += 1) {
      const next = this.#queue[end] as Uint8Array;
      if (next.length >= LONG_BYTES || bytes + next.length > GATHER_BYTES) break;
      bytes += LENGTH_BYTES + next.length;
    }
    const gathered = Buffer.allocUnsafeSlow(bytes);
    for (let at = 0; this.#head < end; ) {
      const message = this.#take();
      gathered.writeUInt32LE(message.length, at);
      gathered.set(message, at + LENGTH_BYTES);
      at += LENGTH_BYTES + message.length;
    }
    return this.#write(gathered);
  }

  #take(): Uint8Array {
    const message = this.#queue[this.#head] as Uint8Array;
    this.#queue[this.#head] = EMPTY; // A slow socket must not keep what was written.
    this.#head += 1;
    this.#queuedBytes -= message.length + LENGTH_BYTES;
    return message;
  }

  #write(bytes: Uint8Array): number {
    this.#sentBytes += bytes.length;
    this.#socket.write(bytes, this.#written);
    return bytes.length;
  }
}

const EMPTY = new Uint8Array(0);

function ignored(): void {
  // The body's write follows and tells.
}
