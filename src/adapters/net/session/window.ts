// How much may be on its way: the sender's view and the receiver's view of one window of bytes per direction.
// Invariant: both count the bytes of replication messages since the link is up, so a count that is told twice is harmless.

/** Told again when this part of the window was worked off. */
const TELL_PART = 4;
/** Short messages may be sent whatever the window says; so many bytes of them are no breach. */
const SHORT_MESSAGES_BYTES = 4 * 1024 * 1024;

/** What may still be sent. */
export class SendWindow {
  readonly #windowBytes: number;
  #sentBytes = 0;
  #releasedBytes = 0;

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes;
  }

  /** Bytes that the peer is ready to take; below 0 after a long message. */
  get credit(): number {
    return this.#windowBytes - (this.#sentBytes - this.#releasedBytes);
  }

  sent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  /** The peer's count; false when it cannot be true. */
  released(totalBytes: number): boolean {
    if (!(totalBytes >= this.#releasedBytes && totalBytes <= this.#sentBytes)) return false;
    this.#releasedBytes = totalBytes;
    return true;
  }
}

/** What the peer may still send. */
export class ReceiveWindow {
  readonly #windowBytes: number;
  readonly #mostBytes: number;
  #receivedBytes = 0;
  #releasedBytes = 0;
  #toldBytes = 0;

  constructor(windowBytes: number, maxMessageBytes: number) {
    this.#windowBytes = windowBytes;
    this.#mostBytes = windowBytes + maxMessageBytes + SHORT_MESSAGES_BYTES;
  }

  /** Bytes that came and were not worked off. */
  get outstandingBytes(): number {
    return this.#receivedBytes - this.#releasedBytes;
  }

  /** False when the peer sends without minding the window. */
  received(bytes: number): boolean {
    this.#receivedBytes += bytes;
    return this.outstandingBytes <= this.#mostBytes;
  }

  /** Received bytes that were worked off; returns the count to tell when it is worth a message. */
  release(bytes: number): number | undefined {
    this.#releasedBytes = Math.min(this.#releasedBytes + bytes, this.#receivedBytes);
    if (this.#releasedBytes - this.#toldBytes < this.#windowBytes / TELL_PART) return undefined;
    this.#toldBytes = this.#releasedBytes;
    return this.#releasedBytes;
  }
}
