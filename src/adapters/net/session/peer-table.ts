// Which connections lead to which node, and which of two stays. Invariant: at most one link per node is up; the node with
// the smaller id decides for both sides, so they never settle it differently.
import type { Refusal } from './session.ts';

/** A connection that is up, as the table sees it. */
export interface TableEntry {
  readonly nodeId: string;
  /** Whether this side has dialled it. */
  readonly dialled: boolean;
  /** The number of the decision by which it is up. */
  readonly order: number;
  /** It has not answered for a whole ping. */
  readonly isSilentForAPing: boolean;
}

const DUPLICATE: Refusal = { code: 'duplicate', text: 'another connection between the two nodes stays' };

export class PeerTable<E extends TableEntry> {
  readonly #selfId: string;
  readonly #maxPeers: number;
  readonly #up = new Map<string, E>();

  constructor(selfId: string, maxPeers: number) {
    this.#selfId = selfId;
    this.#maxPeers = maxPeers;
  }

  get size(): number {
    return this.#up.size;
  }

  /** The link to a node. */
  get(nodeId: string): E | undefined {
    return this.#up.get(nodeId);
  }

  entries(): IterableIterator<E> {
    return this.#up.values();
  }

  /** Why a node that has said hello is not admitted; undefined when it is. */
  objection(peer: { nodeId: string; dialled: boolean }, decides: boolean): Refusal | undefined {
    const existing = this.#up.get(peer.nodeId);
    if (existing === undefined) return this.#full();
    if (!decides || staying(existing, peer.dialled, this.#selfId < peer.nodeId) === 'fresh') return undefined;
    return DUPLICATE;
  }

  /**
   * Why a decision of the peer is of no use any more: no place is left, or it has decided for another connection since. The two came on
   * different connections, so the earlier one may arrive later.
   */
  objectionToWelcome(nodeId: string, order: number): Refusal | undefined {
    const existing = this.#up.get(nodeId);
    if (existing === undefined) return this.#full();
    return existing.order < order ? undefined : DUPLICATE;
  }

  /** A connection is up; returns the one of the same node that it replaces. */
  add(entry: E): E | undefined {
    const replaced = this.#up.get(entry.nodeId);
    this.#up.set(entry.nodeId, entry);
    return replaced;
  }

  /** Asked at the hello and at the welcome: several may have been let in between. */
  #full(): Refusal | undefined {
    if (this.#up.size < this.#maxPeers) return undefined;
    return { code: 'full', text: `the node has ${this.#maxPeers} peers, which is its maxPeers` };
  }

  /** A connection is gone. */
  remove(entry: E): void {
    if (this.#up.get(entry.nodeId) === entry) this.#up.delete(entry.nodeId);
  }
}

/** The connection that the smaller id has dialled stays; one that has been silent for a ping always yields. */
export function staying(existing: TableEntry, freshDialled: boolean, selfIsSmaller: boolean): 'existing' | 'fresh' {
  if (existing.isSilentForAPing) return 'fresh';
  if (existing.dialled === selfIsSmaller) return 'existing';
  return freshDialled === selfIsSmaller ? 'fresh' : 'existing';
}
