// Joining by knowing one member: tells each peer of the others, and dials what peers tell when the node wants that.
// Invariant: dials of configured addresses are not its business; it makes one dial per learned address and ends it with it.
import type { Environment } from '../../../util/environment.ts';
import { MAX_TOLD_NODES } from '../session/layout.ts';
import { addressesMessage, type ToldNode } from '../session/told-nodes.ts';
import { addressText, isLearnable } from './address.ts';
import { AddressBook, type Learned } from './address-book.ts';
import type { Connection } from './connection.ts';
import type { Dial } from './dial.ts';

const MOST_LEARNED = 256;
const MOST_PER_NODE = 4;
const EXPIRY_MS = 600_000;
const REPEAT_MS = EXPIRY_MS / 4;

/** What discovery takes of its surroundings. */
export interface DiscoverySurroundings {
  readonly selfId: string;
  /** Whether the node dials what it learns. */
  readonly isWanted: boolean;
  /** Where the node is reached, `host:port`. */
  readonly own: () => readonly string[];
  readonly environment: Environment;
  readonly isLearnable?: ((host: string) => boolean) | undefined;
  /** Every link that is up. */
  links(): Iterable<Connection>;
  isLinked(nodeId: string): boolean;
  dial(learned: Learned): Dial;
  undial(dial: Dial): void;
}

export class Discovery {
  readonly #around: DiscoverySurroundings;
  readonly #book: AddressBook;
  readonly #dials = new Map<string, Dial>();
  #toldAtMs = 0;

  constructor(around: DiscoverySurroundings) {
    this.#around = around;
    this.#book = new AddressBook({
      most: MOST_LEARNED,
      mostPerNode: MOST_PER_NODE,
      expiryMs: EXPIRY_MS,
      selfId: around.selfId,
      isLearnable: (host) => isLearnable(host, around),
      isOwn: (address) => around.own().includes(address),
    });
  }

  /** A link is up: both sides are told what they may not know. */
  up(connection: Connection): void {
    const others = [...this.#around.links()].filter((each) => each !== connection);
    this.#tell(connection, others.flatMap(nodeOf));
    for (const other of others) this.#tell(other, nodeOf(connection));
  }

  /** A peer tells. */
  told(nodes: readonly ToldNode[]): void {
    if (!this.#around.isWanted) return;
    for (const learned of this.#book.learn(nodes, this.#around.environment.monotonicMs())) {
      this.#dials.set(addressText(learned.address), this.#around.dial(learned));
    }
  }

  /** A learned address leads to this node, or to another one than was told. */
  wrong(dial: Dial): void {
    this.#book.forget(dial.address);
    this.#dials.delete(dial.text);
    this.#around.undial(dial);
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    for (const learned of this.#book.expire(nowMs, (nodeId) => this.#around.isLinked(nodeId))) {
      const dial = this.#dials.get(addressText(learned.address));
      if (dial !== undefined) this.wrong(dial);
    }
    if (nowMs - this.#toldAtMs < REPEAT_MS) return;
    this.#toldAtMs = nowMs;
    for (const connection of this.#around.links()) {
      const others = [...this.#around.links()].filter((each) => each !== connection);
      this.#tell(connection, others.flatMap(nodeOf));
    }
  }

  #tell(connection: Connection, nodes: readonly ToldNode[]): void {
    for (let from = 0; from < nodes.length; from += MAX_TOLD_NODES) {
      connection.sendControl(addressesMessage(nodes.slice(from, from + MAX_TOLD_NODES)));
    }
  }
}

/** A peer as others are told of it; nothing when it cannot be dialled. */
function nodeOf(connection: Connection): readonly ToldNode[] {
  const addresses = connection.hello?.addresses ?? [];
  return addresses.length === 0 ? [] : [{ nodeId: connection.nodeId, addresses }];
}
