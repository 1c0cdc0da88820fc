// Writes one shard: what is appended at once goes out in one gathered write. Invariant: one task at a time changes the
// shard; an append resolves when its bytes are with the system, and leaves no trace when it rejects; a segment is on disk
// before the next one begins, so that a crash can tear the last one alone.
import type { Batch } from '../../adapter/contract.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import { cutBatch } from '../../frame-store/cut-batch.ts';
import { ENTRY_HEADER_BYTES, encodeEntryHeader } from './entry.ts';
import { codeOf, PartialWrite, replaceFile, unlinkIfThere, writeAll } from './file-system.ts';
import { readFrameHeader } from './frame-facts.ts';
import type { WriterContext } from './log-context.ts';
import { type PlacedEntry, Segment } from './segment.ts';
import { failurePath, indexPath, writeIndex } from './segment-index.ts';
import { noteDirty, syncSegment } from './segment-sync.ts';
import type { ShardHistory } from './shard-history.ts';
import { type ShardState, writeState } from './shard-state.ts';
import { storageError } from './storage-error.ts';

/** Bounds what one gathered write holds back from those behind it. */
const GATHER_BYTES = 8 * 1024 * 1024;
const GATHER_ENTRIES = 256;
/** How much of the last segment an opening after a crash may have to read. */
const CHECKPOINT_BYTES = 8 * 1024 * 1024;

interface Append {
  readonly batch: Batch;
  readonly lost: number;
  readonly signal: AbortSignal;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class ShardWriter {
  readonly history: ShardHistory;
  readonly #context: WriterContext;
  #queue: Append[] = [];
  /** The task that is under way, and all behind it. Never rejects. */
  #tasks: Promise<unknown> = Promise.resolve();
  #draining = false;
  /** Bytes behind the last whole entry could not be cut off yet. */
  #torn = false;
  /** The last segment takes no more. */
  #full = false;

  constructor(context: WriterContext, history: ShardHistory) {
    this.#context = context;
    this.history = history;
  }

  /** Puts a batch at the end, behind `lost` missing events. */
  append(batch: Batch, lost: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ batch, lost, signal, resolve, reject });
      if (this.#draining) return;
      this.#draining = true;
      void this.#run(() => this.#drain());
    });
  }

  seal(): Promise<void> {
    return this.#run(async () => {
      if (!this.history.sealed) await this.#writeState({ ...this.history.state, sealed: true });
    });
  }

  /** Drops the oldest segments that end at or below an index, and their files. */
  trim(end: number): Promise<void> {
    return this.#run(() => this.#trim(end));
  }

  /** Leaves an index when a crash now would make the next opening read much: for the moments after a flush. */
  checkpoint(): void {
    const worth = (): Segment | undefined => {
      const last = this.history.segments.at(-1);
      if (last === undefined || last.failed || last.syncedBytes < last.bytes) return undefined;
      return last.bytes - last.indexedBytes >= CHECKPOINT_BYTES ? last : undefined;
    };
    if (worth() === undefined) return;
    void this.#run(async () => {
      const last = worth();
      if (last !== undefined) await this.#writeIndex(last);
    });
  }

  /** Resolves when all that was asked for is done. */
  settled(): Promise<void> {
    return this.#run(async () => undefined);
  }

  /** Leaves an index for the next opening. */
  async close(): Promise<void> {
    await this.settled();
    const last = this.history.segments.at(-1);
    if (last === undefined || last.failed || last.bytes === last.indexedBytes) return;
    await syncSegment(this.#context, last);
    if (!last.failed) await this.#writeIndex(last);
  }

  #run<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#tasks.then(task);
    this.#tasks = run.catch(() => undefined); // Who asked for the task has its error.
    return run;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#gather();
      try {
        await this.#write(group);
      } catch (error) {
        for (const each of group) each.reject(error);
      }
    }
    this.#draining = false;
  }

  #gather(): Append[] {
    let count = 0;
    let bytes = 0;
    while (count < this.#queue.length && count < GATHER_ENTRIES && bytes < GATHER_BYTES) {
      bytes += (this.#queue[count] as Append).batch.frame.length;
      count += 1;
    }
    const group = this.#queue.slice(0, count);
    this.#queue = this.#queue.slice(count);
    return group.filter((each) => {
      if (each.signal.aborted) each.reject(each.signal.reason);
      return !each.signal.aborted;
    });
  }

  /** Writes a group and settles its members; rejects when none was written. */
  async #write(group: readonly Append[]): Promise<void> {
    if (group.length === 0) return;
    const segment = await this.#openSegment();
    const entries = this.#place(group, segment);
    const buffers = entries.flatMap(({ head, frame }) => [head, frame]);
    try {
      await this.#context.pool.with(segment.path, 'write', async (file) => {
        if (this.#torn) await file.truncate(segment.bytes);
        this.#torn = false;
        noteDirty(this.#context, segment);
        await writeAll(file, buffers, segment.bytes);
      });
    } catch (error) {
      await this.#onFailure(segment, { group, entries, error });
      return;
    }
    this.#settle(segment, entries, group);
  }

  #place(group: readonly Append[], segment: Segment): PlacedAppend[] {
    let { end } = segment;
    return group.map(({ batch, lost }) => {
      const index = end + lost;
      end = index + batch.count;
      const place = { index, lost, tag: this.#context.tag };
      const head = encodeEntryHeader(batch, place, this.history.salt);
      const frame = Buffer.from(batch.frame.buffer, batch.frame.byteOffset, batch.frame.byteLength);
      const facts = readFrameHeader(frame, 0);
      if (facts === undefined) throw new AdapterError('Serialization', 'The batch has no whole frame.');
      const header = { ...place, frameBytes: frame.length };
      return { head, frame, header, facts, bytes: ENTRY_HEADER_BYTES + frame.length };
    });
  }

  #settle(segment: Segment, entries: readonly PlacedEntry[], group: readonly Append[]): void {
    for (const entry of entries) this.history.append(segment, entry);
    noteDirty(this.#context, segment);
    for (let nth = 0; nth < entries.length; nth += 1) group[nth]?.resolve();
    this.#context.onGrowth();
  }

  /** Keeps the entries that were written whole, and cuts the rest off. */
  async #onFailure(segment: Segment, { group, entries, error }: FailedWrite): Promise<void> {
    let written = error instanceof PartialWrite ? error.written : 0;
    let whole = 0;
    while (whole < entries.length && written >= (entries[whole] as PlacedAppend).bytes) {
      written -= (entries[whole] as PlacedAppend).bytes;
      whole += 1;
    }
    this.#settle(segment, entries.slice(0, whole), group);
    this.#torn = true;
    await this.#cut(segment);
    const rest = group.slice(whole);
    const code = codeOf(error instanceof PartialWrite ? error.cause : error);
    if (code === 'EFBIG' && segment.bytes > 0 && !this.#torn) {
      this.#full = true; // The limit is on the file: the next one has room again.
      this.#queue = [...rest, ...this.#queue];
      return;
    }
    if (code === 'EFBIG' && rest.length > 0 && this.#split(rest)) return;
    const failure = storageError('Writing', segment.path, error);
    for (const each of rest) each.reject(failure);
  }

  /** Tries the front of a batch that no file has room for, and the rest of it behind that. */
  #split(rest: readonly Append[]): boolean {
    const [first, ...others] = rest as [Append, ...Append[]];
    const half = Math.floor(first.batch.count / 2);
    if (half === 0) return false;
    const back = { ...first, batch: cutBatch(first.batch, half, first.batch.count - half), lost: 0 };
    const resolve = (): void => void this.#queue.unshift(back);
    this.#queue = [{ ...first, batch: cutBatch(first.batch, 0, half), resolve }, ...others, ...this.#queue];
    return true;
  }

  async #cut(segment: Segment): Promise<void> {
    try {
      await this.#context.pool.with(segment.path, 'write', (file) => file.truncate(segment.bytes));
      this.#torn = false;
    } catch {
      // Tried again before the next write, which rejects when it fails again; a reader stops before torn bytes.
    }
  }

  async #openSegment(): Promise<Segment> {
    const last = this.history.segments.at(-1);
    const { limits } = this.#context;
    if (last !== undefined && !last.failed && !this.#full) {
      if (last.bytes < limits.bytes && last.events < limits.events) return last;
    }
    try {
      return await this.#roll(last);
    } catch (error) {
      throw storageError('Beginning a new file in', this.history.folder, error);
    }
  }

  async #roll(last: Segment | undefined): Promise<Segment> {
    const { files, pool } = this.#context;
    if (last !== undefined) await this.#closeLast(last);
    const path = this.history.pathOfNext();
    await pool.drop(path);
    // Left by a roll that failed, or beside a file that somebody removed: an old index would describe the new file.
    for (const each of [indexPath(path), failurePath(path), path]) await unlinkIfThere(files, each);
    await pool.with(path, 'create', async () => undefined);
    await files.syncFolder(this.history.folder);
    const segment = new Segment(path, this.history.end);
    this.history.segments.push(segment);
    this.#full = false;
    return segment;
  }

  async #closeLast(last: Segment): Promise<void> {
    if (this.#torn) {
      await this.#context.pool.with(last.path, 'write', (file) => file.truncate(last.bytes));
      this.#torn = false;
    }
    await syncSegment(this.#context, last);
    if (last.bytes === 0) {
      this.history.segments.pop(); // Its name is needed again.
      return;
    }
    if (last.failed) await this.#markFailed(last);
    else if (last.indexedBytes < last.bytes) await this.#writeIndex(last);
    if (last.indexedBytes === last.bytes) {
      last.marks = undefined;
      last.lastSequences.clear();
    }
  }

  async #markFailed({ path }: Segment): Promise<void> {
    try {
      await replaceFile(this.#context.files, failurePath(path), new Uint8Array(0), { durable: true });
    } catch (cause) {
      // Without it a later opening takes missing bytes for damage.
      const message = `The failed sync of ${JSON.stringify(path)} could not be noted.`;
      this.#context.report({ kind: 'log-sync', shard: this.history.shard, message, cause });
    }
  }

  async #writeIndex(segment: Segment): Promise<void> {
    try {
      await writeIndex(this.#context.files, segment, this.history.salt);
    } catch (cause) {
      const message = `The index of ${JSON.stringify(segment.path)} could not be written: the next opening reads more.`;
      this.#context.report({ kind: 'log-index', shard: this.history.shard, message, cause });
    }
  }

  async #trim(end: number): Promise<void> {
    const { history } = this;
    const going = history.segments.filter((each) => each.reach <= end);
    const last = going.at(-1);
    if (last === undefined) return;
    let trimmedStampNs = history.trimmedStampNs;
    for (const { newestStampNs } of going) if (newestStampNs > trimmedStampNs) trimmedStampNs = newestStampNs;
    await this.#writeState({
      ...history.state,
      trimmedTo: last.reach,
      trimmedStampNs,
      trimmedTag: last.tags.at(-1)?.tag ?? history.state.trimmedTag,
      lastSequences: history.rememberedSequences(),
    });
    history.segments = history.segments.filter((each) => !going.includes(each));
    for (const { path } of going) {
      this.#context.dirty.delete(path);
      await this.#context.pool.drop(path);
      for (const each of [path, indexPath(path), failurePath(path)]) await unlinkIfThere(this.#context.files, each);
    }
  }

  async #writeState(state: ShardState): Promise<void> {
    await writeState(this.#context.files, this.history.statePath, state);
    this.history.state = state;
  }
}

interface PlacedAppend extends PlacedEntry {
  readonly head: Buffer;
  readonly frame: Buffer;
}

interface FailedWrite {
  readonly group: readonly Append[];
  readonly entries: readonly PlacedAppend[];
  readonly error: unknown;
}
