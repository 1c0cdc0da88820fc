// One node of a mesh: knits the replication, the streams in the store and the links. Invariant: what the replication hears
// comes in calls of their own, one at a time. Before it: the adapter and the sessions. After it: replication and store.
import type { Batch } from '../../adapter/contract.ts';
import type { Finding } from '../../adapter/finding.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import type { FrameBatch } from '../../frame/batch.ts';
import { CoverMaker } from './cover-maker.ts';
import type { PeerLink, PeerLinkListener } from './peer-link.ts';
import type { Cover } from './protocol/messages.ts';
import { Replication } from './protocol/replication.ts';
import type { CatchUpRead, IncomingFrame, ReplicationHost } from './protocol/replication-host.ts';
import { coversOf } from './store/covers.ts';
import { countBefore } from './store/slice-records.ts';
import { keyOf, type Stream } from './store/stream.ts';
import type { StreamStore } from './store/stream-store.ts';
import { SyncAnswers } from './sync-answers.ts';
import { SyncQuestions } from './sync-questions.ts';

export interface MeshNodeOptions {
  /** The producer of this start of the bus. */
  readonly nodeId: string;
  readonly receives: boolean;
  readonly maxStreams: number;
  readonly recentBytes: number;
  /** Streams whose events are all gone and that were silent for so long are forgotten, milliseconds. */
  readonly forgetAfterMs: number;
}

/** What a node reaches the outside by. */
export interface MeshOutside {
  /** Milliseconds of a clock that never steps back. */
  readonly monotonicMs: () => number;
  /** Milliseconds since the Unix epoch. */
  readonly wallMs: () => number;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  /** Calls in the next turn of the event loop. */
  readonly soon: (call: () => void) => void;
  readonly report: (finding: Finding) => void;
  /** Lifts the clock of the bus; false for a stamp too far ahead. */
  readonly observe: (timestampNs: bigint) => boolean;
  /** A shard has more events. */
  readonly onEvents: (shard: number) => void;
  /** Linked nodes told what they have of a shard, or a link went down. */
  readonly onAcks: (shard: number | undefined) => void;
}

/** How often retention is followed and streams are forgotten. */
const TEND_EVERY_MS = 1000;
/** One peer whose clock is ahead is told of so often. */
const CLOCK_REPORT_MS = 60_000;
const NEVER = new AbortController().signal;
const NS_PER_MS = 1_000_000n;

export class MeshNode implements PeerLinkListener {
  readonly replication: Replication;
  readonly #store: StreamStore;
  readonly #options: MeshNodeOptions;
  readonly #outside: MeshOutside;
  readonly #links = new Map<number, PeerLink>();
  readonly #covers: CoverMaker;
  readonly #questions: SyncQuestions;
  readonly #answers: SyncAnswers;
  readonly #clockReports = new Map<string, number>();
  /** What was stored since the start. */
  #storedEvents = 0;
  #storedBytes = 0;
  #isTurnDue = false;
  #tendedAtMs = 0;
  #isTending = false;
  #closed = false;

  constructor(store: StreamStore, options: MeshNodeOptions, outside: MeshOutside) {
    this.#store = store;
    this.#options = options;
    this.#outside = outside;
    this.replication = new Replication(this.#host(), options);
    this.replication.tick(outside.monotonicMs());
    this.#questions = new SyncQuestions((link, token) => {
      const isUp = this.#links.has(link);
      if (isUp) this.replication.askToSync(link, token);
      return isUp;
    });
    this.#answers = this.#answersOf();
    this.#covers = new CoverMaker(store, options.nodeId, this.replication);
    store.onAppend((stream) => outside.onEvents(stream.shard));
  }

  /** The links that are up. */
  get links(): readonly PeerLink[] {
    return [...this.#links.values()];
  }

  /** How many streams are known. */
  get streamCount(): number {
    let count = 0;
    for (const streams of this.#store.shards()) count += streams.count;
    return count;
  }

  /** Events that were stored since the start, those of other nodes among them. */
  get eventsStored(): number {
    return this.#storedEvents;
  }

  /** Bytes of a record in the mean of what was stored since the start; 0 before that. */
  get meanRecordBytes(): number {
    return this.#storedBytes / Math.max(1, this.#storedEvents);
  }

  /** Whether nobody can have succeeded a producer: it is this node, or one that is linked. */
  isLive(producer: string): boolean {
    return producer === this.#options.nodeId || this.replication.isLinked(producer);
  }

  /** Stores a batch of this node, and sends it to whoever takes it. */
  async append(batch: Batch, signal: AbortSignal): Promise<void> {
    const { stream, batch: stored, lost } = await this.#store.append(batch, { signal });
    if (stored === undefined || this.#closed) return;
    this.#count(stored);
    const { firstSequence, count, frame } = stored;
    this.replication.stored(stream, { firstSequence, end: firstSequence + count, lost, frame });
  }

  /** Asks a linked node to make durable what it has; false when it does not answer. */
  sync(link: number): Promise<boolean> {
    return this.#questions.ask(link);
  }

  /** To be called several times a second. */
  tick(): void {
    const nowMs = this.#outside.monotonicMs();
    this.replication.tick(nowMs);
    this.#answers.tick(nowMs);
    if (nowMs - this.#tendedAtMs < TEND_EVERY_MS || this.#isTending) return;
    this.#tendedAtMs = nowMs;
    this.#isTending = true;
    this.#tend(nowMs).then(
      () => {
        this.#isTending = false;
      },
      (cause) => {
        this.#isTending = false;
        if (this.#closed) return;
        this.#outside.report({ kind: 'mesh-store', message: 'The store of the mesh could not be tended.', cause });
      },
    );
  }

  /** Stops: links and answers that still come do nothing. */
  close(): void {
    this.#closed = true;
    for (const link of this.links) this.onDown(link);
  }

  onUp(link: PeerLink): void {
    if (this.#closed) return;
    this.#links.set(link.id, link);
    this.replication.linkUp(link.id, link.peer);
  }

  onMessage(link: PeerLink, message: Uint8Array<ArrayBuffer>): void {
    if (this.#links.has(link.id)) this.replication.message(link.id, message);
  }

  onWritable(link: PeerLink): void {
    if (this.#links.has(link.id)) this.replication.writable(link.id);
  }

  onDown(link: PeerLink): void {
    if (!this.#links.delete(link.id)) return;
    this.replication.linkDown(link.id);
    this.#answers.forget(link.id);
    this.#questions.down(link.id);
    this.#outside.onAcks(undefined);
  }

  async #tend(nowMs: number): Promise<void> {
    const before = this.#outside.wallMs() - this.#options.forgetAfterMs;
    const offered = new Map([...this.#streams()].map((stream) => [stream, stream.offeredFrom]));
    const isInUse = (shard: number, producer: string): boolean =>
      this.isLive(producer) || this.replication.isBehind(shard, producer);
    const gone = await this.#store.tend(before, isInUse);
    if (this.#closed) return;
    for (const stream of gone) this.replication.forgotten(stream);
    for (const stream of this.#streams()) {
      if (offered.get(stream) !== stream.offeredFrom) this.replication.changed(stream);
    }
    for (const cover of await this.#covers.make(nowMs)) this.replication.tellCover(cover);
  }

  #host(): ReplicationHost {
    const link = (id: number): PeerLink | undefined => this.#links.get(id);
    return {
      send: (id, message, body) => link(id)?.send(message, body),
      writable: (id) => link(id)?.writable() ?? 0,
      release: (id, bytes, memory) => link(id)?.release(bytes, memory),
      breach: (id, reason) => link(id)?.breach(reason),
      soon: () => this.#soon(),
      random: () => this.#outside.random(),
      stream: (shard, producer) => this.#store.stream(shard, producer),
      streams: () => this.#streams(),
      forgottenIn: (batch) => this.#forgottenIn(batch),
      forgottenBelow: ({ shard, producer, newestMs }, to) => {
        const streams = this.#store.shard(shard);
        if (streams.floorMs > 0 && newestMs <= streams.floorMs) return to;
        return Math.min(to, streams.forgottenEnd(keyOf(producer)) ?? 0);
      },
      append: (frame) => void this.#append(frame),
      read: (read) => void this.#read(read),
      declareGap: (shard, producer, to) => this.#declareGap(shard, producer, to),
      covers: () => this.#allCovers(),
      addCover: (cover) => this.#store.addCover(cover),
      makeDurable: (id, token) => this.#answers.ask(id, token),
      onAck: (shard) => this.#outside.onAcks(shard),
      onSynced: (id, token) => this.#questions.answered(id, token),
      report: (finding) => this.#outside.report(finding),
    };
  }

  #count(batch: Batch): void {
    this.#storedEvents += batch.count;
    this.#storedBytes += batch.records.byteLength;
  }

  *#streams(): IterableIterator<Stream> {
    for (const streams of this.#store.shards()) yield* streams.all();
  }

  *#allCovers(): IterableIterator<Cover> {
    for (const { shard, covers } of this.#store.shards()) yield* coversOf(shard, covers);
  }

  #soon(): void {
    if (this.#isTurnDue || this.#closed) return;
    this.#isTurnDue = true;
    this.#outside.soon(() => {
      this.#isTurnDue = false;
      if (!this.#closed) this.replication.turn();
    });
  }

  /** How many of the first events of a batch lie at or below the floor of their shard. */
  #forgottenIn({ shard, count, records, producer }: FrameBatch): number {
    const { floorMs } = this.#store.shard(shard);
    if (floorMs === 0) return 0;
    const block = Buffer.from(records.buffer, records.byteOffset, records.byteLength);
    const slice = { block, at: 0, count, index: 0, producer, lostBefore: 0 };
    return countBefore(slice, (BigInt(floorMs) + 1n) * NS_PER_MS);
  }

  #declareGap(shard: number, producer: string, to: number): Stream {
    const stampNs = BigInt(Math.ceil(this.#outside.wallMs())) * NS_PER_MS;
    const stream = this.#store.declareGap(shard, producer, { to, stampNs });
    const message = `Events of ${producer} below ${to} are gone in all nodes that are linked.`;
    this.#outside.report({ kind: 'mesh-gap', shard, message });
    this.#outside.onEvents(shard);
    this.#outside.soon(() => {
      if (!this.#closed) this.replication.changed(stream);
    });
    return stream;
  }

  async #append(frame: IncomingFrame): Promise<void> {
    const { batch, follows } = frame;
    if (batch.producer === this.#options.nodeId) {
      this.#refuseOwn(frame);
      return;
    }
    try {
      const { stream } = await this.#store.append(batch, { signal: NEVER, follows });
      if (this.#closed) return;
      this.#count(batch);
      this.#observe(frame);
      this.replication.appended(frame, stream);
    } catch (cause) {
      if (this.#closed) return;
      const { shard, producer } = batch;
      const message = `Events of ${producer} could not be stored; they are asked for again.`;
      if (!isOutOfTurn(cause)) this.#outside.report({ kind: 'mesh-append', shard, message, cause });
      this.replication.appendFailed(frame);
    }
  }

  /** A stream is written by its origin alone: in the place of what another node makes up, the own events would count as stored. */
  #refuseOwn(frame: IncomingFrame): void {
    this.#links.get(frame.link)?.breach('events in the name of this node');
    this.#outside.soon(() => {
      if (!this.#closed) this.replication.appendFailed(frame);
    });
  }

  async #read(read: CatchUpRead): Promise<void> {
    const { take, sequence, maxBytes, memory } = read;
    const from = { sequence, index: take.index, maxBytes, memory };
    try {
      const answer = await this.#store.read(take.stream, from);
      if (!this.#closed) this.replication.readDone(read, answer);
    } catch (cause) {
      if (this.#closed) return;
      const { shard, producer } = take.stream;
      const message = `Events of ${producer} could not be read for another node.`;
      this.#outside.report({ kind: 'mesh-read', shard, message, cause });
      this.replication.readDone(read, undefined);
    }
  }

  #answersOf(): SyncAnswers {
    const message = 'The store could not be flushed for another node.';
    return new SyncAnswers({
      flush: () => this.#store.flush(NEVER),
      answer: (link, token) => this.replication.synced(link, token),
      breach: (link, reason) => this.#links.get(link)?.breach(reason),
      failed: (cause) => {
        if (!this.#closed) this.#outside.report({ kind: 'mesh-store', message, cause });
      },
    });
  }

  /** T1: the clock moves past the stamps of what came, unless they lie too far ahead. */
  #observe({ batch, link }: IncomingFrame): void {
    if (this.#outside.observe(batch.lastTimestampNs)) return;
    const peer = this.#links.get(link)?.peer.address ?? 'a node that left';
    const nowMs = this.#outside.monotonicMs();
    const last = this.#clockReports.get(peer);
    if (last !== undefined && nowMs - last < CLOCK_REPORT_MS) return;
    for (const [told, atMs] of this.#clockReports) if (nowMs - atMs >= CLOCK_REPORT_MS) this.#clockReports.delete(told);
    this.#clockReports.set(peer, nowMs);
    const aheadMs = Number(batch.lastTimestampNs / NS_PER_MS) - Math.floor(this.#outside.wallMs());
    const message = `Events of ${batch.producer}, from ${peer}, have stamps ${aheadMs} ms ahead of the wall clock: check the clocks`;
    this.#outside.report({ kind: 'clock-ahead', shard: batch.shard, message });
  }
}

/** A frame that came behind one that could not be stored: only the first failure is told. */
function isOutOfTurn(cause: unknown): boolean {
  return cause instanceof AdapterError && cause.kind === 'Transient';
}
