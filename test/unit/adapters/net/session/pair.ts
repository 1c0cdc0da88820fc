// Two sessions with a model wire between them: bytes wait until the test moves them, in pieces of any size.
import { FIRST_REPLICATION_TYPE } from '../../../../../src/adapters/net/peer-link.ts';
import type { Ending } from '../../../../../src/adapters/net/session/ending.ts';
import type { Hello } from '../../../../../src/adapters/net/session/hello.ts';
import type { TableEntry } from '../../../../../src/adapters/net/session/peer-table.ts';
import { type Refusal, Session, type SessionSettings } from '../../../../../src/adapters/net/session/session.ts';

export const LIVENESS = { tickMs: 250, pingMs: 1000, silenceMs: 5000 };

export function helloOf(nodeId: string, more: Partial<Hello> = {}): Hello {
  const limits = { maxMessageBytes: 100_000, windowBytes: 65_536 };
  return { major: 1, minor: 0, mesh: 'm', nodeId, receives: true, durable: false, addresses: [], ...limits, ...more };
}

/** Replication message of a length. */
export function messageOf(length: number, fill = 7): Uint8Array {
  const message = new Uint8Array(length).fill(fill);
  message[0] = FIRST_REPLICATION_TYPE;
  return message;
}

/** One side: a session, what it heard, and the bytes that it wants to send. */
export class Side implements TableEntry {
  readonly session: Session;
  readonly dialled: boolean;
  readonly sent: Uint8Array[] = [];
  readonly heard: Uint8Array[] = [];
  readonly ends: Ending[] = [];
  ups = 0;
  credits = 0;
  admit: (peer: Hello, decides: boolean) => Refusal | undefined = () => undefined;
  confirm: (peer: Hello, order: number) => Refusal | undefined = () => undefined;
  onUp: () => void = () => undefined;
  #wire: Buffer = Buffer.alloc(0);

  constructor(settings: Partial<SessionSettings> & { self: Hello; dialled: boolean }, nowMs = 0) {
    this.dialled = settings.dialled;
    this.session = new Session({ helloMs: 5000, liveness: LIVENESS, nextOrder: () => 1, ...settings }, nowMs, {
      send: (first, body = new Uint8Array(0)) => {
        const message = Buffer.concat([first, body]);
        const head = Buffer.alloc(4);
        head.writeUInt32LE(message.length);
        this.#wire = Buffer.concat([this.#wire, head, message]);
        this.sent.push(message);
      },
      admit: (peer, decides) => this.admit(peer, decides),
      confirm: (peer, order) => this.confirm(peer, order),
      up: () => {
        this.ups += 1;
        this.onUp();
      },
      message: (message) => this.heard.push(message),
      credit: () => {
        this.credits += 1;
      },
      told: () => undefined,
      asked: () => undefined,
      figures: () => undefined,
      ended: (ending) => this.ends.push(ending),
    });
  }

  get nodeId(): string {
    return this.session.peer?.nodeId ?? '';
  }

  get order(): number {
    return this.session.order;
  }

  get isSilentForAPing(): boolean {
    return this.session.isSilentForAPing;
  }

  /** Forgets what it wants to send. */
  forget(): void {
    this.#wire = Buffer.alloc(0);
    this.sent.length = 0;
    this.heard.length = 0;
  }

  get waiting(): number {
    return this.#wire.length;
  }

  /** Moves some bytes to the other side. */
  move(to: Side, bytes = this.#wire.length, nowMs = 0): void {
    const piece = this.#wire.subarray(0, bytes);
    this.#wire = this.#wire.subarray(piece.length);
    if (piece.length > 0) to.session.receive(piece, nowMs);
  }
}

/** Both begin to talk and do so until nothing is left to move. */
export function settle(a: Side, b: Side, nowMs = 0): void {
  while (a.waiting + b.waiting > 0) {
    a.move(b, a.waiting, nowMs);
    b.move(a, b.waiting, nowMs);
  }
}

/** A pair that is up: `a` has dialled. */
export function pairUp(a: Hello = helloOf('a'), b: Hello = helloOf('b')): { a: Side; b: Side } {
  const pair = { a: new Side({ self: a, dialled: true }), b: new Side({ self: b, dialled: false }) };
  pair.a.session.start();
  pair.b.session.start();
  settle(pair.a, pair.b);
  return pair;
}
