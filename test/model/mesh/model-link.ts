// A link between two nodes as the sessions give it: whole messages in order, a window, a delay; one that is cut in one
// direction holds what is sent there until it is healed or given up.
import {
  MAX_MESSAGE_BYTES,
  type Peer,
  type PeerLink,
  type PeerLinkListener,
} from '../../../src/adapters/net/peer-link.ts';
import type { VirtualTime } from './virtual-time.ts';

/** One end: who listens there, and how it presents itself to the other one. */
export interface LinkEnd {
  readonly listener: PeerLinkListener;
  readonly self: Peer;
}

export interface ModelLinkOptions {
  readonly time: VirtualTime;
  readonly delayMs: () => number;
  readonly windowBytes: number;
  /** A peer broke the protocol. */
  readonly onBreach: (reason: string) => void;
  /** Counts what is sent. */
  readonly onMessage?: (bytes: number) => void;
}

let lastId = 0;

export class ModelLink {
  readonly #ends: readonly [End, End];
  #isDown = false;

  constructor(a: LinkEnd, b: LinkEnd, options: ModelLinkOptions) {
    const down = (): void => this.down();
    const [first, second] = [new End(a.listener, b.self, options, down), new End(b.listener, a.self, options, down)];
    first.other = second;
    second.other = first;
    this.#ends = [first, second];
    for (const end of this.#ends) end.listener.onUp(end);
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  /** Holds, or lets go, what is sent by one end. */
  hold(end: 0 | 1, isHeld: boolean): void {
    this.#ends[end].hold(isHeld);
  }

  /** The connection is lost: both ends hear of it, one a little later. */
  down(): void {
    if (this.#isDown) return;
    this.#isDown = true;
    for (const end of this.#ends) end.down();
  }
}

class End implements PeerLink {
  readonly id: number;
  readonly peer: Peer;
  readonly maxMessageBytes = MAX_MESSAGE_BYTES;
  readonly listener: PeerLinkListener;
  other!: End;
  readonly #options: ModelLinkOptions;
  readonly #onBreach: () => void;
  #outstanding = 0;
  #arrivesAtMs = 0;
  #held: (() => void)[] | undefined;
  #isDown = false;

  constructor(listener: PeerLinkListener, peer: Peer, options: ModelLinkOptions, onBreach: () => void) {
    lastId += 1;
    this.id = lastId;
    this.listener = listener;
    this.peer = peer;
    this.#options = options;
    this.#onBreach = onBreach;
  }

  send(message: Uint8Array, body: Uint8Array = new Uint8Array(0)): void {
    if (this.#isDown) return;
    const copy = new Uint8Array(message.length + body.length);
    copy.set(message);
    copy.set(body, message.length);
    this.#outstanding += copy.length;
    this.#options.onMessage?.(copy.length);
    this.#carry(() => this.other.#arrive(copy));
  }

  writable(): number {
    return this.#isDown ? 0 : Math.max(0, this.#options.windowBytes - this.#outstanding);
  }

  release(bytes: number, memory?: Uint8Array): void {
    memory?.fill(0xff); // Another message takes its place: whoever still reads it would see that.
    if (this.#isDown) return;
    this.#carry(() => this.other.#released(bytes));
  }

  breach(reason: string): void {
    this.#options.onBreach(reason);
    this.#options.time.after(0, () => this.#onBreach());
  }

  hold(isHeld: boolean): void {
    if (isHeld) {
      this.#held ??= [];
      return;
    }
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const call of held) this.#carry(call);
  }

  down(): void {
    this.#options.time.after(this.#options.delayMs(), () => {
      if (this.#isDown) return;
      this.#isDown = true;
      this.listener.onDown(this, 'cut');
    });
  }

  #carry(call: () => void): void {
    if (this.#held !== undefined) {
      this.#held.push(call);
      return;
    }
    const { time, delayMs } = this.#options;
    this.#arrivesAtMs = Math.max(this.#arrivesAtMs, time.nowMs + delayMs());
    time.after(this.#arrivesAtMs - time.nowMs, call);
  }

  #arrive(message: Uint8Array<ArrayBuffer>): void {
    if (!this.#isDown) this.listener.onMessage(this, message);
  }

  #released(bytes: number): void {
    if (this.#isDown) return;
    const wasFull = this.writable() === 0;
    this.#outstanding -= bytes;
    if (wasFull && this.writable() > 0) this.listener.onWritable(this);
  }
}
