// One socket with its session and its outbox, and the link that the replication sees of it. Invariant: the listener is
// told of the link from `up` to `down` and never within a call of the link's own methods.
import type { Socket } from 'node:net';
import type { Timer } from '../../../util/environment.ts';
import type { Peer, PeerLink } from '../peer-link.ts';
import type { Ending } from '../session/ending.ts';
import type { Hello } from '../session/hello.ts';
import { type Refusal, Session, type SessionSettings } from '../session/session.ts';
import type { ToldNode } from '../session/told-nodes.ts';
import { tryAddress } from './address.ts';
import { Outbox } from './outbox.ts';

/** What the manager hears of a connection. */
export interface ConnectionEvents {
  admit(connection: Connection, peer: Hello, decides: boolean): Refusal | undefined;
  confirm(peer: Hello, order: number): Refusal | undefined;
  up(connection: Connection): void;
  message(connection: Connection, message: Uint8Array<ArrayBuffer>): void;
  writable(connection: Connection): void;
  told(connection: Connection, nodes: readonly ToldNode[]): void;
  /** The peer wants to see the figures of this node. */
  asked(connection: Connection): void;
  /** The peer's figures, JSON of its making. */
  figures(connection: Connection, text: string): void;
  /** Once, and last. The connection has left before that if it was up. */
  ended(connection: Connection, ending: Ending): void;
}

/** What a connection takes of its surroundings. */
export interface ConnectionSurroundings {
  readonly id: number;
  /** What was dialled, or where the other side comes from. */
  readonly address: string;
  /** What may wait in outbox and socket before `writable` is 0. */
  readonly roomBytes: number;
  readonly session: SessionSettings;
  monotonicMs(): number;
  soon(call: () => void): Timer;
  after(delayMs: number, call: () => void): Timer;
}

/** What may wait before the peer counts as one that never reads. */
const STALLED_BYTES = 33_554_432;
/** A peer that was told goodbye has so long to take it. */
const LINGER_MS = 1000;

export class Connection implements PeerLink {
  readonly id: number;
  readonly dialled: boolean;
  /** Settles when the socket is gone, at the latest a second after the connection has ended. */
  readonly gone: Promise<void>;
  readonly #socket: Socket;
  readonly #session: Session;
  readonly #outbox: Outbox;
  readonly #around: ConnectionSurroundings;
  readonly #events: ConnectionEvents;
  #receivedBytes = 0;
  #isStarved = false;
  #isClosing = false;
  #upSinceMs: number | undefined;
  #peer: Peer | undefined;

  constructor(socket: Socket, around: ConnectionSurroundings, events: ConnectionEvents) {
    this.id = around.id;
    this.dialled = around.session.dialled;
    this.#socket = socket;
    this.gone = new Promise((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())));
    this.#around = around;
    this.#events = events;
    this.#outbox = new Outbox(socket, {
      soon: around.soon,
      progress: () => this.#room(),
      keepBytes: 2 * around.roomBytes,
    });
    this.#session = new Session(around.session, around.monotonicMs(), {
      send: (message, body) => this.#push(message, body),
      admit: (peer, decides) => events.admit(this, peer, decides),
      confirm: (peer, order) => events.confirm(peer, order),
      up: (peer) => this.#goUp(peer),
      message: (message) => {
        if (!this.#isClosing) events.message(this, message);
      },
      credit: () => this.#room(),
      told: (nodes) => events.told(this, nodes),
      asked: () => events.asked(this),
      figures: (text) => events.figures(this, text),
      ended: (ending) => this.#end(ending),
    });
  }

  /** Begins to talk. */
  start(): void {
    const socket = this.#socket;
    socket.on('data', (chunk: Buffer) => {
      this.#receivedBytes += chunk.length;
      this.#session.receive(chunk, this.#around.monotonicMs());
    });
    let text = 'the connection was closed';
    socket.on('error', (error) => {
      text = error.message;
    });
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.#session.lost({ code: 'lost', text, byPeer: false }));
    this.#session.start();
  }

  /** The hello of the other side; only after it came. */
  get hello(): Hello | undefined {
    return this.#session.peer;
  }

  get nodeId(): string {
    return this.#session.peer?.nodeId ?? '';
  }

  /** What was dialled, or where the other side comes from. */
  get address(): string {
    return this.#around.address;
  }

  get isUp(): boolean {
    return this.#session.state === 'up';
  }

  get order(): number {
    return this.#session.order;
  }

  get isSilentForAPing(): boolean {
    return this.#session.isSilentForAPing;
  }

  get rttMs(): number | undefined {
    return this.#session.rttMs;
  }

  get upSinceMs(): number | undefined {
    return this.#upSinceMs;
  }

  /** Bytes of messages that came and went, and that wait to go. */
  get bytes(): { readonly received: number; readonly sent: number; readonly waiting: number } {
    const { sentBytes, waitingBytes } = this.#outbox;
    return { received: this.#receivedBytes, sent: sentBytes, waiting: waitingBytes };
  }

  get peer(): Peer {
    if (this.#peer === undefined) throw new Error('the peer is known once the link is up');
    return this.#peer;
  }

  get maxMessageBytes(): number {
    return this.#session.peer?.maxMessageBytes ?? 0;
  }

  send(message: Uint8Array, body?: Uint8Array): void {
    if (!this.#isClosing) this.#session.send(message, body);
  }

  /** Sends a message of the link protocol. */
  sendControl(message: Uint8Array): void {
    this.#session.sendControl(message);
  }

  writable(): number {
    if (this.#isClosing) return 0;
    const room = Math.max(0, Math.min(this.#session.credit, this.#around.roomBytes - this.#outbox.waitingBytes));
    if (room === 0) this.#isStarved = true;
    return room;
  }

  release(bytes: number, memory?: Uint8Array<ArrayBuffer>): void {
    this.#session.release(bytes, memory);
  }

  breach(reason: string): void {
    if (!this.#isClosing) this.#close(() => this.#session.breach(reason));
  }

  tick(nowMs: number): void {
    this.#session.tick(nowMs);
  }

  /** Ends it with a word to the peer. */
  bye(code: 'shutdown' | 'duplicate' | 'stalled', text: string): void {
    this.#session.bye(code, text);
  }

  /** Ends it without a word. */
  destroy(ending: Ending): void {
    this.#session.lost(ending);
    this.#socket.destroy();
  }

  /** Answers count, too: a peer that asks and never reads would fill the memory with them. */
  #push(message: Uint8Array, body?: Uint8Array): void {
    this.#outbox.push(message, body);
    if (this.#isClosing || this.#outbox.waitingBytes <= STALLED_BYTES) return;
    this.#close(() => this.bye('stalled', 'the peer does not read'));
  }

  /** Nothing passes any more; the listener hears of it after the call that it is in. */
  #close(say: () => void): void {
    this.#isClosing = true;
    this.#around.soon(say);
  }

  #goUp(hello: Hello): void {
    this.#upSinceMs = this.#around.monotonicMs();
    const { nodeId, receives, durable } = hello;
    const [told = ''] = hello.addresses;
    const address = this.dialled || tryAddress(told) === undefined ? this.address : told;
    this.#peer = Object.freeze({ nodeId, receives, durable, address });
    this.#events.up(this);
  }

  #room(): void {
    if (!this.#isStarved || this.#session.state !== 'up' || this.#isClosing) return;
    this.#isStarved = false;
    if (this.writable() > 0) this.#events.writable(this);
  }

  #end(ending: Ending): void {
    this.#isClosing = true;
    const socket = this.#socket;
    // What the peer sends on is of no interest; the goodbye still has to leave.
    socket.removeAllListeners('data');
    socket.resume();
    if (ending.byPeer || ending.code === 'lost') {
      this.#outbox.discard();
      socket.destroy();
    } else {
      if (this.#outbox.waitingBytes > this.#around.roomBytes) socket.destroy();
      else this.#outbox.close(() => socket.end());
      const linger = this.#around.after(LINGER_MS, () => socket.destroy());
      socket.once('close', () => linger.cancel());
    }
    this.#events.ended(this, ending);
  }
}
