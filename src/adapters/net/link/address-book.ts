// Addresses that members have told. Invariants: bounded; an entry that nobody repeats expires; loopback, link-local and
// own addresses never get in. The word of a member costs an entry and a dial, no more.
import type { ToldNode } from '../session/told-nodes.ts';
import { type Address, addressText, tryAddress } from './address.ts';

/** An address that was learned. */
export interface Learned {
  readonly nodeId: string;
  readonly address: Address;
}

export interface BookRules {
  readonly most: number;
  readonly mostPerNode: number;
  readonly expiryMs: number;
  readonly selfId: string;
  /** Whether an address of elsewhere may lead anywhere. */
  isLearnable(host: string): boolean;
  /** Whether it is one of this node. */
  isOwn(address: string): boolean;
}

interface Entry extends Learned {
  toldAtMs: number;
}

export class AddressBook {
  readonly #rules: BookRules;
  readonly #entries = new Map<string, Entry>();

  constructor(rules: BookRules) {
    this.#rules = rules;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Notes what was told; returns what is new. */
  learn(nodes: readonly ToldNode[], nowMs: number): readonly Learned[] {
    const fresh: Learned[] = [];
    for (const { nodeId, addresses } of nodes) {
      if (nodeId === this.#rules.selfId) continue;
      for (const text of addresses.slice(0, this.#rules.mostPerNode)) {
        const entry = this.#learnOne(nodeId, text, nowMs);
        if (entry !== undefined) fresh.push(entry);
      }
    }
    return fresh;
  }

  /** Takes an entry out. */
  forget(address: Address): void {
    this.#entries.delete(addressText(address));
  }

  /** Takes out what nobody has told for a while; `isKept` keeps an entry whose node is linked. */
  expire(nowMs: number, isKept: (nodeId: string) => boolean): readonly Learned[] {
    const gone = [...this.#entries.values()].filter((entry) => {
      return nowMs - entry.toldAtMs >= this.#rules.expiryMs && !isKept(entry.nodeId);
    });
    for (const entry of gone) this.forget(entry.address);
    return gone;
  }

  #learnOne(nodeId: string, text: string, nowMs: number): Entry | undefined {
    const address = tryAddress(text);
    if (address === undefined || address.port === 0 || !this.#rules.isLearnable(address.host)) return undefined;
    const name = addressText(address);
    if (this.#rules.isOwn(name)) return undefined;
    const known = this.#entries.get(name);
    if (known?.nodeId === nodeId) {
      known.toldAtMs = nowMs;
      return undefined;
    }
    // Two members differ about who lives there: the first one stays until it expires or a dial shows that it is wrong.
    if (known !== undefined || this.#entries.size >= this.#rules.most) return undefined;
    const entry = { nodeId, address, toldAtMs: nowMs };
    this.#entries.set(name, entry);
    return entry;
  }
}
