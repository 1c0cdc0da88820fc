// Streams in a store of frames: appends them in the order of their arrival, finds their events, and remembers who succeeded
// whom. Invariant: one append of a shard at a time, each behind what is stored of its stream; what the streams say has been
// appended. Before it: the adapter and the replication. After it: the store of a memory or a log, as they are.
import type { AdapterContext, Batch, ShardInfo, StoreInfo } from '../../../adapter/contract.ts';
import { AdapterError } from '../../../errors/adapter-error.ts';
import type { FrameBatch } from '../../../frame/batch.ts';
import { cutBatch } from '../../../frame-store/cut-batch.ts';
import type { FrameSlice, FrameStore } from '../../../frame-store/frame-store.ts';
import type { Cover, CoverEntry } from '../protocol/messages.ts';
import { JOURNAL_SHARD, Journal } from './journal.ts';
import { isForgotten, ShardStreams } from './shard-streams.ts';
import { countBefore, firstSequenceOf, frameOf, stampsOf } from './slice-records.ts';
import { keyOf, type Stream } from './stream.ts';

/** The records of a stream that follow a sequence. */
export interface StreamRead {
  readonly frame: FrameBatch;
  /** Events that are declared lost right before them. */
  readonly lost: number;
  /** Where the search for what follows them begins. */
  readonly index: number;
}

/** Where a stream is read. */
export interface ReadFrom {
  readonly sequence: number;
  /** What the read before told; undefined to search. */
  readonly index: number | undefined;
  /** The most bytes of records; one record is read whatever its size. */
  readonly maxBytes: number;
  /** Memory that the frame may lie in when it is large enough. */
  readonly memory?: ArrayBuffer | undefined;
}

export interface AppendOptions {
  readonly signal: AbortSignal;
  /** The sequence that a batch from elsewhere goes on from; undefined for one of this node, whose gaps are losses. */
  readonly follows?: number | undefined;
}

export interface Appended {
  readonly stream: Stream;
  /** What was stored of the batch; undefined when all of it had been stored before. */
  readonly batch: Batch | undefined;
  /** Sequences right before it that are declared lost. */
  readonly lost: number;
}

/** Never aborts: an append that was begun is finished. */
const NEVER = new AbortController().signal;

export class StreamStore {
  readonly #store: FrameStore;
  readonly #shards = new Map<number, ShardStreams>();
  /** The appends of each shard, one behind the other. */
  readonly #lanes = new Map<number, Promise<unknown>>();
  #journal: Journal | undefined;
  #journalStale = false;
  /** Streams that were forgotten, until it is noted. */
  readonly #gone: Stream[] = [];
  #previous: string | undefined;
  #onAppend: ((stream: Stream) => void) | undefined;

  constructor(store: FrameStore) {
    this.#store = store;
  }

  get frames(): FrameStore {
    return this.#store;
  }

  /** The producer of the last opening of this store, if there was one. */
  get previous(): string | undefined {
    return this.#previous;
  }

  /** Opens the store and learns its streams, for which it reads the history once. */
  async open(context: AdapterContext): Promise<StoreInfo> {
    const info = await this.#store.open(context);
    try {
      this.#journal = new Journal(this.#store, context.producer, context.now);
      this.#previous = await this.#journal.load((shard) => this.shard(shard), NEVER);
      for (const { shard, sealed } of this.#store.shards()) {
        if (shard === JOURNAL_SHARD) continue;
        if (sealed)
          throw new AdapterError('Fatal', `Shard ${shard} of the store is sealed: a mesh needs one of its own.`);
        await this.#learn(this.shard(shard));
        this.#recall(this.shard(shard));
        this.shard(shard).applyOffered();
      }
      await this.#journal.save(this.#shards.values(), NEVER);
      return info;
    } catch (error) {
      const message = 'The store of a node that did not start could not be closed.';
      const closing = this.#store.close(NEVER);
      await closing.catch((cause: unknown) => context.report({ kind: 'mesh-store', message, cause }));
      throw error;
    }
  }

  /** Calls after each append. */
  onAppend(listener: (stream: Stream) => void): void {
    this.#onAppend = listener;
  }

  /** What is known of a shard; made when it is new. */
  shard(shard: number): ShardStreams {
    let streams = this.#shards.get(shard);
    if (streams === undefined) {
      streams = new ShardStreams(shard);
      this.#shards.set(shard, streams);
    }
    return streams;
  }

  shards(): IterableIterator<ShardStreams> {
    return this.#shards.values();
  }

  stream(shard: number, producer: string): Stream | undefined {
    return this.#shards.get(shard)?.get(producer);
  }

  /** The shards that have history, for the bus. */
  list(): readonly ShardInfo[] {
    return this.#store.shards().filter(({ shard }) => shard !== JOURNAL_SHARD);
  }

  /**
   * Appends what is not stored yet of a batch. Sequences between what is stored and the batch become a declared loss.
   * @throws AdapterError Transient when it should follow a sequence that is not stored
   */
  append(batch: Batch, options: AppendOptions): Promise<Appended> {
    const stream = this.shard(batch.shard).make(batch.producer);
    stream.appends += 1;
    return this.#inLane(batch.shard, () => this.#append(stream, batch, options)).finally(() => {
      stream.appends -= 1;
    });
  }

  /** Reads on in a stream; undefined when nothing can be read of it at or after the sequence. */
  async read(stream: Stream, from: ReadFrom): Promise<StreamRead | undefined> {
    const { sequence, index, maxBytes, memory } = from;
    const copy = (slice: FrameSlice): StreamRead => {
      const skip = Math.max(0, sequence - firstSequenceOf(slice));
      const frame = frameOf(slice, stream.shard, { skip, maxBytes, memory });
      return { frame, lost: skip === 0 ? slice.lostBefore : 0, index: slice.index + skip + frame.count };
    };
    if (this.#store.view !== undefined) return this.#view(stream, from, copy);
    const slice = await this.sliceAt(stream, sequence, index);
    return slice && copy(slice);
  }

  /** The slice with the first event of a stream at or after a sequence; it may begin earlier. */
  async sliceAt(stream: Stream, sequence: number, from?: number): Promise<FrameSlice | undefined> {
    let index = from ?? firstIndex(stream, sequence);
    while (index < stream.endIndex) {
      const slice = await this.#store.read(stream.shard, index, NEVER);
      if (slice === undefined) return undefined;
      if (reaches(slice, stream, sequence)) return slice;
      index = slice.index + slice.count;
    }
    return undefined;
  }

  /** What `use` makes of that slice, where a store shows its slices without lending them. */
  #view<T>(stream: Stream, { sequence, index: from }: ReadFrom, use: (slice: FrameSlice) => T): T | undefined {
    let index = from ?? firstIndex(stream, sequence);
    while (index < stream.endIndex) {
      let next = stream.endIndex;
      const found = this.#store.view?.(stream.shard, index, (slice) => {
        if (reaches(slice, stream, sequence)) return use(slice);
        next = slice.index + slice.count;
        return undefined;
      });
      if (found !== undefined) return found;
      index = next;
    }
    return undefined;
  }

  /** The sequence of the first event of a stream at or after a time that can be read; `kept` when there is none. */
  async sequenceAt(stream: Stream, timestampNs: bigint): Promise<number> {
    let index = stream.places.beforeTime(Number(timestampNs / 1_000_000n))?.index ?? stream.endIndex;
    while (index < stream.endIndex) {
      const slice = await this.#store.read(stream.shard, index, NEVER);
      if (slice === undefined) break;
      if (slice.producer === stream.producer) {
        const before = countBefore(slice, timestampNs);
        if (before < slice.count) return firstSequenceOf(slice) + before;
      }
      index = slice.index + slice.count;
    }
    return stream.kept;
  }

  /** Declares the sequences of a stream up to `to` as gone everywhere. See `Stream.declareGap`. */
  declareGap(shard: number, producer: string, { to, stampNs }: { to: number; stampNs: bigint }): Stream {
    const stream = this.shard(shard).make(producer);
    stream.declareGap(to, stampNs);
    this.#journalStale = true;
    return stream;
  }

  /** Takes note of a cover that came from elsewhere. False when it was known. */
  addCover({ shard, child, entries }: Cover): boolean {
    const streams = this.shard(shard);
    if (entries.length === 0) return false;
    // Of a child that was forgotten with all that it covers nothing is needed.
    if (streams.forgottenEnd(keyOf(child)) !== undefined && streams.coversForgotten(child, entries)) {
      this.#journalStale ||= !streams.isSpent(keyOf(child));
      streams.noteSpent(keyOf(child));
      return false;
    }
    const isNew = streams.covers.add(child, entries);
    this.#journalStale ||= isNew;
    return isNew;
  }

  /** Makes a cover of this node, which must be durable before anything relies on it. */
  async makeCover(shard: number, child: string, entries: readonly CoverEntry[]): Promise<void> {
    this.shard(shard).covers.add(child, entries);
    await this.#save();
    await this.flush(NEVER);
  }

  /**
   * Follows retention, forgets streams, and keeps the journal; to be called now and then. Tells which streams were
   * forgotten once that is noted: when the store refuses the notes, the next call tries again.
   */
  async tend(beforeMs: number, isLive: (shard: number, producer: string) => boolean): Promise<readonly Stream[]> {
    for (const streams of this.#shards.values()) {
      streams.trim(this.#store.extent(streams.shard)?.trimmedTo ?? 0);
      this.#gone.push(...streams.forget(beforeMs, (producer) => isLive(streams.shard, producer)));
    }
    if (this.#gone.length > 0 || this.#journalStale || this.#journal?.isTrimmed) await this.#save();
    return this.#gone.splice(0);
  }

  flush(signal: AbortSignal): Promise<void> {
    return this.#store.flush(signal);
  }

  async close(signal: AbortSignal): Promise<void> {
    await Promise.allSettled(this.#lanes.values()); // Who appends has its error.
    await this.#store.close(signal);
  }

  async #append(stream: Stream, batch: Batch, { signal, follows }: AppendOptions): Promise<Appended> {
    const stored = stream.kept;
    if (follows !== undefined && stream.to < follows) {
      throw new AdapterError('Transient', `The events of ${batch.producer} do not follow what is stored of it.`);
    }
    if (batch.firstSequence + batch.count <= stored) return { stream, batch: undefined, lost: 0 };
    const skip = Math.max(0, stored - batch.firstSequence);
    const missing = skip > 0 ? cutBatch(batch, skip, batch.count - skip) : batch;
    const isFirst = stream.endIndex === 0 && stored === 0 && follows === undefined;
    const lost = isFirst ? batch.lostBefore : missing.firstSequence - stored;
    try {
      await this.#store.append(missing, lost, signal);
    } catch (error) {
      await this.#learn(this.shard(batch.shard)); // A part of it may be stored all the same.
      throw error;
    }
    this.#note(stream, missing, lost);
    return { stream, batch: missing, lost };
  }

  #note(stream: Stream, batch: Batch, lost: number): void {
    const end = this.#store.extent(batch.shard)?.end ?? 0;
    this.shard(batch.shard).indexed = end;
    stream.note({
      index: end - batch.count,
      firstSequence: batch.firstSequence,
      count: batch.count,
      lost,
      firstStampNs: batch.firstTimestampNs,
      lastStampNs: batch.lastTimestampNs,
    });
    this.#onAppend?.(stream);
  }

  #save(): Promise<void> {
    return this.#inLane(JOURNAL_SHARD, async () => {
      this.#journalStale = false;
      try {
        await this.#journal?.save(this.#shards.values(), NEVER);
      } catch (error) {
        this.#journalStale = true;
        throw error;
      }
    });
  }

  #inLane<T>(shard: number, task: () => Promise<T>): Promise<T> {
    const run = (this.#lanes.get(shard) ?? Promise.resolve()).then(task);
    this.#lanes.set(
      shard,
      run.catch(() => undefined), // Who asked for the task has its error.
    );
    return run;
  }

  /** Takes note of what the store has beyond what is known. */
  async #learn(streams: ShardStreams): Promise<void> {
    const { shard } = streams;
    while (streams.indexed < (this.#store.extent(shard)?.end ?? 0)) {
      const slice = await this.#store.read(shard, streams.indexed, NEVER);
      if (slice === undefined) break;
      const { firstNs, lastNs } = stampsOf(slice);
      streams.make(slice.producer).note({
        index: slice.index,
        firstSequence: firstSequenceOf(slice),
        count: slice.count,
        lost: slice.lostBefore,
        firstStampNs: firstNs,
        lastStampNs: lastNs,
      });
      streams.indexed = slice.index + slice.count;
    }
  }

  /** Streams whose events are all trimmed are known by what they reached. */
  #recall(streams: ShardStreams): void {
    const { trimmedStampNs = 0n } = this.#store.extent(streams.shard) ?? {};
    for (const [producer, last] of this.#store.lastSequences?.(streams.shard) ?? []) {
      const stream = streams.get(producer) ?? (isForgotten(streams, producer) ? undefined : streams.make(producer));
      if (stream !== undefined && stream.endIndex === 0) stream.recall(last + 1, trimmedStampNs);
    }
  }
}

function firstIndex(stream: Stream, sequence: number): number {
  return stream.places.before(sequence)?.index ?? stream.endIndex;
}

/** Whether a slice has an event of a stream at or after a sequence. */
function reaches(slice: FrameSlice, stream: Stream, sequence: number): boolean {
  return slice.producer === stream.producer && firstSequenceOf(slice) + slice.count > sequence;
}
