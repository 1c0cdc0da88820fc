// All streams that peers have told of, and from whom each is taken. Invariant: a take goes to one peer a stream; a frame is
// accepted when it goes on from what is expected, whoever sent it.
import type { FrameBatch } from '../../../frame/batch.ts';
import type { Stream } from '../store/stream.ts';
import { chooseSupplier, GAP_PATIENCE_MS, SILENT_MS } from './choose-supplier.ts';
import { MessageError } from './message-bytes.ts';
import { encodeMessage, type RangeEntry, type StreamName } from './messages.ts';
import type { PeerState, ToldStream } from './peer-state.ts';
import type { ReplicationOptions } from './replication.ts';
import type { ReplicationHost } from './replication-host.ts';
import { type Remote, Supply } from './supply.ts';

/** A supplier that was silent is not asked again for so long, while there is another one. */
const AVOID_MS = 10 * SILENT_MS;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

/** A frame that may be stored: without its first `skip` events it goes on from `follows`. */
export interface Accepted {
  readonly skip: number;
  readonly follows: number;
}

/** What came in a frame message. */
export interface FrameFacts {
  readonly batch: FrameBatch;
  readonly after: number;
  readonly lost: number;
}

export class Supplies {
  readonly #host: ReplicationHost;
  readonly #options: ReplicationOptions;
  readonly #isUp: (link: number) => boolean;
  readonly #supplies = new Map<string, Supply>();
  readonly #byStream = new Map<Stream, Supply>();
  /** Those of which somebody has more, or whose supplier is to be chosen. */
  readonly #wanting = new Set<Supply>();
  #refusedStreams = false;

  constructor(host: ReplicationHost, options: ReplicationOptions, isUp: (link: number) => boolean) {
    this.#host = host;
    this.#options = options;
    this.#isUp = isUp;
  }

  get(shard: number, producer: string): Supply | undefined {
    return this.#supplies.get(nameOf(shard, producer));
  }

  /** Whether somebody has more of a stream than is stored here. */
  get isBehindAny(): boolean {
    if (!this.#options.receives) return false;
    for (const supply of this.#supplies.values()) {
      if (supply.pending > 0 || (supply.isBehind && supply.producer !== this.#options.nodeId)) return true;
    }
    return false;
  }

  /** Whether somebody has more of a stream that this node would take. */
  isBehind(shard: number, producer: string): boolean {
    return this.#options.receives && this.get(shard, producer)?.isBehind === true;
  }

  /** The links to peers that have a stream up to a sequence. */
  holders(shard: number, producer: string, end: number): readonly number[] {
    const remotes = this.get(shard, producer)?.remotes.values() ?? [];
    return Array.from(remotes).flatMap(({ link, to }) => (to >= end ? [link] : []));
  }

  /** A peer told what it has of a stream. @throws MessageError */
  told(state: PeerState, entry: RangeEntry, nowMs: number): void {
    const { number, introduces, from, to } = entry;
    let told = state.told.get(number);
    if (told === undefined) {
      if (introduces === undefined) throw new MessageError(`a range of stream ${number}, which was never told of`);
      told = this.#introduce(state, number, introduces);
    } else if (introduces !== undefined) {
      throw new MessageError(`stream ${number} is told of twice`);
    }
    const { remote, supply } = told;
    remote.from = from;
    remote.to = Math.max(remote.to, to);
    if (introduces !== undefined && supply.stream === undefined && supply.pending === 0) {
      supply.expected = Math.max(supply.expected, this.#host.forgottenBelow(introduces, to));
    }
    this.#host.onAck(supply.shard);
    this.#consider(supply, nowMs);
  }

  linkDown(link: number, nowMs: number): void {
    for (const supply of this.#supplies.values()) {
      if (!supply.remotes.delete(link)) continue;
      this.#host.onAck(supply.shard);
      if (supply.supplier === link) supply.supplier = undefined;
      if (supply.remotes.size > 0) this.#consider(supply, nowMs);
      else this.#drop(supply);
    }
  }

  /** Looks again at what is wanted. */
  tick(nowMs: number): void {
    for (const supply of this.#wanting) this.#consider(supply, nowMs);
  }

  /** More of a stream is stored, or its range was declared. */
  stored(stream: Stream): Supply | undefined {
    let supply = this.#byStream.get(stream);
    if (supply === undefined) {
      supply = this.get(stream.shard, stream.producer);
      if (supply === undefined) return undefined;
      supply.stream = stream;
      this.#byStream.set(stream, supply);
    }
    if (stream.to > supply.expected) supply.expected = stream.to;
    return supply;
  }

  forget(stream: Stream): void {
    const supply = this.#byStream.get(stream);
    if (supply === undefined) return;
    supply.stream = undefined;
    this.#byStream.delete(stream);
  }

  /** Whether a frame is to be stored; undefined when it is not. */
  judge({ supply, remote }: ToldStream, facts: FrameFacts, nowMs: number): Accepted | undefined {
    const { batch, after, lost } = facts;
    const end = batch.firstSequence + batch.count;
    remote.to = Math.max(remote.to, end);
    if (!this.#options.receives || end <= supply.expected || nowMs < supply.retryAtMs) return undefined;
    if (after > supply.expected) {
      this.#askAgain(supply, remote);
      return undefined;
    }
    remote.awaiting = false;
    supply.progressAtMs = nowMs;
    const start = batch.firstSequence - lost;
    if (start > supply.expected) {
      remote.lacks = start;
      this.#consider(supply, nowMs);
      return undefined;
    }
    return this.#accept(supply, batch, end);
  }

  /** The store has refused a frame: what it has is asked for again later. */
  failed(supply: Supply, nowMs: number): void {
    supply.failures += 1;
    supply.expected = supply.stream?.to ?? 0;
    supply.retryAtMs = nowMs + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(8, supply.failures - 1));
    this.#leave(supply);
    this.#wanting.add(supply);
  }

  #accept(supply: Supply, batch: FrameBatch, end: number): Accepted | undefined {
    const follows = supply.expected;
    let skip = Math.max(0, follows - batch.firstSequence);
    if (supply.stream === undefined && supply.pending === 0) {
      const forgotten = Math.max(skip, this.#host.forgottenIn(batch));
      if (forgotten === batch.count) {
        supply.expected = end;
        return undefined;
      }
      if (forgotten > skip) {
        this.#declare(supply, batch.firstSequence + forgotten);
        skip = forgotten;
      } else if (follows > 0) {
        this.#declare(supply, follows);
      }
    }
    const start = supply.expected;
    supply.expected = end;
    supply.pending += 1;
    return { skip, follows: start };
  }

  #introduce(state: PeerState, number: number, name: StreamName): ToldStream {
    const { shard, producer } = name;
    if (state.told.size >= 2 * this.#options.maxStreams) {
      throw new MessageError(`more than ${2 * this.#options.maxStreams} streams`);
    }
    const key = nameOf(shard, producer);
    let supply = this.#supplies.get(key);
    if (supply === undefined) {
      const stream = this.#host.stream(shard, producer);
      supply = new Supply(shard, producer, stream);
      this.#supplies.set(key, supply);
      if (stream !== undefined) this.#byStream.set(stream, supply);
    }
    const former = supply.remotes.get(state.link);
    if (former !== undefined) {
      // The peer had forgotten the stream and met it again; frames under the number from before are on their way.
      if (supply.supplier === state.link) supply.supplier = undefined;
    }
    const isOrigin = producer === state.peer.nodeId;
    const facts = { from: 0, to: 0, lacks: 0, awaiting: false, avoidUntilMs: 0 };
    const remote: Remote = { link: state.link, number, isOrigin, ...facts };
    supply.remotes.set(state.link, remote);
    const told = { supply, remote };
    state.told.set(number, told);
    return told;
  }

  /** Chooses from whom a stream is taken, if there is anything to choose. */
  #consider(supply: Supply, nowMs: number): void {
    if (!this.#options.receives || supply.producer === this.#options.nodeId) return;
    const isBehind = supply.isBehind;
    if (isBehind) supply.wantingSinceMs ??= nowMs;
    else supply.wantingSinceMs = undefined;
    if (isBehind || nowMs < supply.retryAtMs) this.#wanting.add(supply);
    else this.#wanting.delete(supply);
    if (nowMs < supply.retryAtMs || (supply.stream === undefined && this.#isFull())) return;
    const choice = chooseSupplier(supply, nowMs);
    if (choice.kind !== 'gap') supply.gapSinceMs = undefined;
    if (choice.kind === 'take') this.#take(supply, choice, nowMs);
    else if (choice.kind === 'gap') this.#onGap(supply, choice.to, nowMs);
  }

  #take(supply: Supply, { from, left }: { from: Remote; left: Remote | undefined }, nowMs: number): void {
    if (left !== undefined) left.avoidUntilMs = nowMs + AVOID_MS;
    if (supply.supplier !== undefined && supply.supplier !== from.link) this.#leave(supply);
    supply.supplier = from.link;
    supply.progressAtMs = nowMs;
    this.#ask(supply, from);
  }

  #onGap(supply: Supply, to: number, nowMs: number): void {
    if (supply.pending > 0) return;
    supply.gapSinceMs ??= nowMs;
    if (nowMs - supply.gapSinceMs < GAP_PATIENCE_MS) return;
    this.#declare(supply, to);
    supply.gapSinceMs = undefined;
    const supplier = supply.supplier === undefined ? undefined : supply.remotes.get(supply.supplier);
    if (supplier !== undefined) this.#ask(supply, supplier);
    this.#consider(supply, nowMs);
  }

  #declare(supply: Supply, to: number): void {
    const stream = this.#host.declareGap(supply.shard, supply.producer, to);
    supply.stream = stream;
    this.#byStream.set(stream, supply);
    supply.expected = Math.max(supply.expected, to);
  }

  #askAgain(supply: Supply, remote: Remote): void {
    if (remote.awaiting || supply.supplier !== remote.link) return;
    this.#ask(supply, remote);
  }

  #ask(supply: Supply, remote: Remote): void {
    remote.awaiting = true;
    const entries = [{ number: remote.number, next: supply.expected }];
    this.#host.send(remote.link, encodeMessage({ kind: 'take', entries }));
  }

  #leave(supply: Supply): void {
    const { supplier } = supply;
    supply.supplier = undefined;
    if (supplier === undefined || !this.#isUp(supplier)) return;
    const remote = supply.remotes.get(supplier);
    if (remote !== undefined) {
      this.#host.send(supplier, encodeMessage({ kind: 'leave', numbers: [remote.number] }));
    }
  }

  #drop(supply: Supply): void {
    this.#wanting.delete(supply);
    if (supply.pending > 0) return;
    this.#supplies.delete(nameOf(supply.shard, supply.producer));
    if (supply.stream !== undefined) this.#byStream.delete(supply.stream);
  }

  #isFull(): boolean {
    const isFull = this.#byStream.size >= this.#options.maxStreams;
    if (isFull && !this.#refusedStreams) {
      const message = `The node knows ${this.#options.maxStreams} streams (maxStreams): new ones are not taken.`;
      this.#host.report({ kind: 'mesh-streams', message });
    }
    this.#refusedStreams = isFull;
    return isFull;
  }
}

function nameOf(shard: number, producer: string): string {
  return `${shard}/${producer}`;
}
