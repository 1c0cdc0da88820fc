// One connection's side of the link protocol, as a state machine: bytes, ticks and calls in; messages and decisions out
// through `SessionEvents`. It knows no socket, no clock and no other connection. Invariant: nothing of the replication
// passes before both hellos and the welcome, and nothing at all after `ended`, which is called once.
import { FIRST_REPLICATION_TYPE } from '../peer-link.ts';
import { type ByeCode, byeMessage, type Ending, quoted, readBye } from './ending.ts';
import { FieldError, FieldReader, FieldWriter } from './fields.ts';
import { type Hello, helloMessage, readHello, readVersion, versionText } from './hello.ts';
import {
  ADDRESSES,
  ASK,
  BYE,
  FIGURES,
  HELLO,
  MAX_CONTROL_BYTES,
  MAX_HELLO_BYTES,
  PING,
  PONG,
  WELCOME,
  WINDOW,
} from './layout.ts';
import { Liveness, type LivenessLimits } from './liveness.ts';
import { MessageReader } from './message-reader.ts';
import { readToldNodes, type ToldNode } from './told-nodes.ts';
import { ReceiveWindow, SendWindow } from './window.ts';

/** A word of refusal. */
export interface Refusal {
  readonly code: ByeCode;
  readonly text: string;
}

/** What a session asks of whoever holds the socket. */
export interface SessionEvents {
  /** Sends one message, with `body` at its end, after all that were sent before. */
  send(message: Uint8Array, body?: Uint8Array): void;
  /** A node has said hello and nothing is wrong with it. `decides`: this side says which of two connections stays. */
  admit(peer: Hello, decides: boolean): Refusal | undefined;
  /** Whether the peer's decision for this connection still holds: its decisions may arrive in another order. */
  confirm(peer: Hello, order: number): Refusal | undefined;
  /** The link is up from now on. */
  up(peer: Hello): void;
  /** A message of the replication. */
  message(message: Uint8Array<ArrayBuffer>): void;
  /** The peer has made room. */
  credit(): void;
  /** The peer tells of nodes. */
  told(nodes: readonly ToldNode[]): void;
  /** The peer wants to see the figures of this node. */
  asked(): void;
  /** The peer's figures, JSON. */
  figures(text: string): void;
  /** It is over: what was sent before is still to go out. Nothing is called after it. */
  ended(ending: Ending): void;
}

/** What a session knows from the start. */
export interface SessionSettings {
  /** Whether this side has dialled. */
  readonly dialled: boolean;
  readonly self: Hello;
  /** The node that the dial was meant for, when it is known. */
  readonly expectedNode?: string | undefined;
  /** Numbers the decisions of this node: more each time. */
  readonly nextOrder: () => number;
  /** Until the link is up. */
  readonly helloMs: number;
  readonly liveness: LivenessLimits;
}

type State = 'hello' | 'welcome' | 'up' | 'over';

export class Session {
  readonly #settings: SessionSettings;
  readonly #events: SessionEvents;
  readonly #reader: MessageReader;
  readonly #liveness: Liveness;
  readonly #received: ReceiveWindow;
  #sending: SendWindow | undefined;
  #state: State = 'hello';
  #peer: Hello | undefined;
  #order = 0;
  #waitedMs = 0;
  #nowMs = 0;
  #tickedAtMs: number;

  constructor(settings: SessionSettings, nowMs: number, events: SessionEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#tickedAtMs = nowMs;
    this.#liveness = new Liveness(settings.liveness, nowMs);
    this.#received = new ReceiveWindow(settings.self.windowBytes, settings.self.maxMessageBytes);
    this.#reader = new MessageReader(MAX_HELLO_BYTES, {
      message: (bytes) => this.#take(bytes),
      badLength: (length, limit) => this.breach(`a message of ${length} bytes where 1 to ${limit} are allowed`),
    });
  }

  get state(): State {
    return this.#state;
  }

  /** The peer's hello, undefined before it came. */
  get peer(): Hello | undefined {
    return this.#peer;
  }

  /** The number of the decision by which the link is up. */
  get order(): number {
    return this.#order;
  }

  get rttMs(): number | undefined {
    return this.#liveness.rttMs;
  }

  get isSilentForAPing(): boolean {
    return this.#liveness.isSilentForAPing;
  }

  /** Bytes of replication messages that the peer is ready to take; 0 or less: none. */
  get credit(): number {
    return this.#state === 'up' ? (this.#sending?.credit ?? 0) : 0;
  }

  /** The connection is made and encrypted. The accepting side speaks first: by that the other knows that it was let in. */
  start(): void {
    if (!this.#settings.dialled) this.#events.send(helloMessage(this.#settings.self));
  }

  /** Bytes of the peer. `nowMs` is the monotonic clock, as in `tick`. */
  receive(chunk: Uint8Array, nowMs: number): void {
    if (this.#state === 'over') return;
    this.#liveness.heard();
    this.#nowMs = nowMs;
    this.#reader.read(chunk);
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    if (this.#state === 'over') return;
    if (this.#state !== 'up') {
      this.#waitForHello(nowMs);
      return;
    }
    const due = this.#liveness.tick(nowMs);
    if (due === 'ping') this.#events.send(new FieldWriter().u8(PING).f64(nowMs).bytes());
    if (due === 'silent') this.bye('silent', `nothing came for ${Math.round(this.#liveness.silentMs)} ms`);
  }

  /** Sends a message of the replication. @throws RangeError when it is longer than the peer takes */
  send(message: Uint8Array, body?: Uint8Array): void {
    if (this.#state !== 'up' || this.#peer === undefined) return;
    const bytes = message.length + (body?.length ?? 0);
    if (message.length === 0 || bytes > this.#peer.maxMessageBytes) {
      throw new RangeError(`a message of ${bytes} bytes; the peer takes 1 to ${this.#peer.maxMessageBytes}`);
    }
    this.#sending?.sent(bytes);
    this.#events.send(message, body);
  }

  /** Sends a message of the link protocol. */
  sendControl(message: Uint8Array): void {
    if (this.#state === 'up') this.#events.send(message);
  }

  /** Messages of so many bytes were worked off; the memory of `memory` may be used for another. */
  release(bytes: number, memory?: Uint8Array<ArrayBuffer>): void {
    const total = this.#received.release(bytes);
    if (memory !== undefined) this.#keep(memory.buffer);
    if (total !== undefined && this.#state === 'up') {
      this.#events.send(new FieldWriter().u8(WINDOW).f64(total).bytes());
    }
  }

  /** The peer has broken the protocol. */
  breach(reason: string): void {
    this.bye('breach', reason);
  }

  /** Ends it with a word to the peer. */
  bye(code: ByeCode, text: string): void {
    if (this.#state === 'over') return;
    this.#events.send(byeMessage(code, text));
    this.#end({ code, text, byPeer: false });
  }

  /** The connection is gone. */
  lost(ending: Ending): void {
    if (this.#state !== 'over') this.#end(ending);
  }

  /** What is kept for messages, and what lies in some, is no more than the window. */
  #keep(memory: ArrayBuffer): void {
    const bytes = this.#received.outstandingBytes + this.#reader.spareBytes + memory.byteLength;
    if (bytes <= this.#settings.self.windowBytes) this.#reader.reuse(memory);
  }

  #end(ending: Ending): void {
    this.#state = 'over';
    this.#events.ended(ending);
  }

  #waitForHello(nowMs: number): void {
    this.#waitedMs += Math.min(nowMs - this.#tickedAtMs, 2 * this.#settings.liveness.tickMs);
    this.#tickedAtMs = nowMs;
    if (this.#waitedMs >= this.#settings.helloMs) this.bye('late', `no hello within ${this.#settings.helloMs} ms`);
  }

  /** Takes a whole message; false when it was the last. */
  #take(message: Uint8Array<ArrayBuffer>): boolean {
    try {
      this.#dispatch(message);
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      this.breach(`a message of type ${message[0]} with ${error.message}`);
    }
    return (this.#state as State) !== 'over';
  }

  #dispatch(message: Uint8Array<ArrayBuffer>): void {
    const type = message[0] as number;
    if (type === BYE) {
      this.#end(readBye(message));
      return;
    }
    switch (this.#state) {
      case 'hello':
        this.#takeHello(message);
        return;
      case 'welcome':
        if (type === WELCOME) this.#takeWelcome(new FieldReader(message, 1).f64());
        else this.breach(`a message of type ${type} before the welcome`);
        return;
      case 'up':
        if (type >= FIRST_REPLICATION_TYPE) this.#takeReplication(message);
        else this.#takeControl(type, message);
        return;
      case 'over':
        return;
    }
  }

  #takeHello(message: Uint8Array): void {
    const version = readVersion(message);
    if (version.major !== this.#settings.self.major) {
      const own = versionText(this.#settings.self);
      this.bye('version', `this node speaks version ${own}, the other one ${versionText(version)}`);
      return;
    }
    const peer = readHello(message);
    const refusal = this.#refusalOf(peer);
    if (refusal !== undefined) {
      this.bye(refusal.code, refusal.text);
      return;
    }
    this.#peer = peer;
    if (this.#settings.dialled) this.#events.send(helloMessage(this.#settings.self));
    const decides = this.#settings.self.nodeId < peer.nodeId;
    const objection = this.#events.admit(peer, decides);
    if (objection !== undefined) {
      this.bye(objection.code, objection.text);
    } else if (decides) {
      const order = this.#settings.nextOrder();
      this.#events.send(new FieldWriter().u8(WELCOME).f64(order).bytes());
      this.#goUp(order);
    } else {
      this.#state = 'welcome';
    }
  }

  #refusalOf(peer: Hello): Refusal | undefined {
    const { self, expectedNode } = this.#settings;
    if (peer.mesh !== self.mesh) {
      return { code: 'mesh', text: `this is mesh ${quoted(self.mesh)}, the other one belongs to ${quoted(peer.mesh)}` };
    }
    if (peer.nodeId === self.nodeId) return { code: 'self', text: 'the node has dialled itself' };
    if (expectedNode !== undefined && expectedNode !== peer.nodeId) {
      return { code: 'other-node', text: `the dial was meant for ${quoted(expectedNode)}` };
    }
    // Frames are not split: one that is too long for the peer would end the link again and again.
    if (peer.maxMessageBytes < self.maxMessageBytes) {
      const text = `messages of ${peer.maxMessageBytes} bytes at most, where ${self.maxMessageBytes} must be taken`;
      return { code: 'breach', text };
    }
    return undefined;
  }

  #takeWelcome(order: number): void {
    if (!Number.isFinite(order)) throw new FieldError('an order that is no number');
    const objection = this.#events.confirm(this.#peer as Hello, order);
    if (objection === undefined) this.#goUp(order);
    else this.bye(objection.code, objection.text);
  }

  #goUp(order: number): void {
    const peer = this.#peer as Hello;
    this.#order = order;
    this.#state = 'up';
    this.#reader.limit = this.#settings.self.maxMessageBytes;
    this.#sending = new SendWindow(peer.windowBytes);
    this.#events.up(peer);
  }

  #takeReplication(message: Uint8Array<ArrayBuffer>): void {
    if (!this.#received.received(message.length)) this.breach('more bytes than the window allows');
    else this.#events.message(message);
  }

  #takeControl(type: number, message: Uint8Array): void {
    if (message.length > MAX_CONTROL_BYTES) throw new FieldError(`${message.length} bytes`);
    switch (type) {
      case PING:
        this.#events.send(new FieldWriter().u8(PONG).f64(new FieldReader(message, 1).f64()).bytes());
        return;
      case PONG:
        this.#liveness.pong(new FieldReader(message, 1).f64(), this.#nowMs);
        return;
      case WINDOW:
        if (this.#sending?.released(new FieldReader(message, 1).f64()) !== true) this.breach('a count that cannot be');
        else this.#events.credit();
        return;
      case ADDRESSES:
        this.#events.told(readToldNodes(message));
        return;
      case ASK:
        this.#events.asked();
        return;
      case FIGURES:
        this.#events.figures(new FieldReader(message, 1).text(message.length - 1, MAX_CONTROL_BYTES));
        return;
      case HELLO:
      case WELCOME:
        this.breach(`a second message of type ${type}`);
        return;
      default:
        return; // A later minor version says it; whoever needs it asks for that version.
    }
  }
}
