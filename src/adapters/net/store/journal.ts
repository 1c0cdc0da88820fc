// What a node must remember beside its events, kept in its own store: the last shard holds one batch after the other, each
// with all of it as JSON, of which the newest counts. Invariant: the newest one is never trimmed for long: `keep` writes it
// again. The last shard is never replicated and never listed.
import { RECORD_HEADER_BYTES, RECORD_SEQUENCE, RECORD_STAMP } from '../../../../kernel/layout.ts';
import type { Batch } from '../../../adapter/contract.ts';
import { AdapterError } from '../../../errors/adapter-error.ts';
import { FrameBatch } from '../../../frame/batch.ts';
import { FrameRecord } from '../../../frame/record.ts';
import { RecordBlock } from '../../../frame/record-block.ts';
import type { FrameStore } from '../../../frame-store/frame-store.ts';
import type { CoverEntry } from '../protocol/messages.ts';
import type { ShardStreams } from './shard-streams.ts';

export const JOURNAL_SHARD = 65_535;

/** What is remembered of one shard. */
interface ShardNotes {
  readonly shard: number;
  readonly floorMs: number;
  readonly forgotten: readonly (readonly [key: string, end: number])[];
  /** Keys, see `ShardStreams.isSpent`. */
  readonly spent: readonly string[];
  readonly covers: readonly (readonly [child: string, entries: readonly CoverEntry[]])[];
  /** Behind which sequence the range of a stream that others may take begins, where a gap was declared. */
  readonly offered: readonly (readonly [producer: string, offered: number])[];
}

interface Notes {
  readonly version: 1;
  /** The producer of the last opening of this store. */
  readonly own: string;
  readonly shards: readonly ShardNotes[];
}

export class Journal {
  readonly #store: FrameStore;
  readonly #own: string;
  readonly #now: () => bigint;
  #sequence = 0;
  #index = -1;

  /** @param own The producer of this opening. */
  constructor(store: FrameStore, own: string, now: () => bigint) {
    this.#store = store;
    this.#own = own;
    this.#now = now;
  }

  /** Reads what was written last into the shards; tells the producer of the last opening, if there was one. */
  async load(shardOf: (shard: number) => ShardStreams, signal: AbortSignal): Promise<string | undefined> {
    const text = await this.#newest(signal);
    if (text === undefined) return undefined;
    const notes = parse(text);
    for (const { shard, floorMs, forgotten, spent, covers, offered } of notes.shards) {
      const streams = shardOf(shard);
      streams.noteOffered(offered);
      streams.floorMs = floorMs;
      for (const [key, end] of forgotten) streams.rememberForgotten(key, end);
      for (const key of spent) streams.noteSpent(key);
      for (const [child, entries] of covers) streams.covers.add(child, entries);
    }
    return notes.own;
  }

  /** Writes all that is to be remembered. */
  async save(shards: Iterable<ShardStreams>, signal: AbortSignal): Promise<void> {
    const notes: Notes = { version: 1, own: this.#own, shards: Array.from(shards, notesOf) };
    await this.#store.append(this.#batch(Buffer.from(JSON.stringify(notes))), 0, signal);
    this.#index = (this.#store.extent(JOURNAL_SHARD)?.end ?? 0) - 1;
  }

  /** Whether retention took what was written last. */
  get isTrimmed(): boolean {
    return this.#index < (this.#store.extent(JOURNAL_SHARD)?.trimmedTo ?? 0);
  }

  async #newest(signal: AbortSignal): Promise<string | undefined> {
    const extent = this.#store.extent(JOURNAL_SHARD);
    if (extent === undefined) return undefined;
    const slice = await this.#store.read(JOURNAL_SHARD, extent.end - 1, signal);
    if (slice === undefined) return undefined;
    return new FrameRecord(new RecordBlock(slice.block), slice.at).utf8() ?? ''; // No text is no journal, either.
  }

  #batch(payload: Buffer): Batch {
    const recordBytes = Math.ceil((RECORD_HEADER_BYTES + payload.length) / 8) * 8;
    const stampNs = this.#now();
    const firstSequence = this.#sequence;
    this.#sequence += 1;
    const facts = { firstSequence, count: 1, recordBytes, lostBefore: 0 };
    const stamps = { firstTimestampNs: stampNs, lastTimestampNs: stampNs };
    return FrameBatch.drain({ shard: JOURNAL_SHARD, producer: this.#own }, { ...facts, ...stamps }, (space) => {
      const record = Buffer.from(space.buffer, space.byteOffset, space.byteLength).fill(0);
      record.writeUInt32LE(payload.length, 0);
      record.writeBigUInt64LE(BigInt(firstSequence), RECORD_SEQUENCE);
      record.writeBigUInt64LE(stampNs, RECORD_STAMP);
      record.set(payload, RECORD_HEADER_BYTES);
    });
  }
}

function notesOf(streams: ShardStreams): ShardNotes {
  const { shard, floorMs, covers } = streams;
  const offered = [...streams.all()].flatMap(({ producer, from, offered }) =>
    offered > from ? [[producer, offered] as const] : [],
  );
  return {
    shard,
    floorMs,
    forgotten: [...streams.forgotten()],
    spent: [...streams.spent()],
    covers: [...covers.all()],
    offered,
  };
}

function parse(text: string): Notes {
  let notes: unknown;
  try {
    notes = JSON.parse(text);
  } catch (cause) {
    throw foreign({ cause });
  }
  if (!isNotes(notes)) throw foreign();
  return notes;
}

/** Whether this release wrote it: the rest is as it was written, since the store tells damage itself. */
function isNotes(notes: unknown): notes is Notes {
  if (typeof notes !== 'object' || notes === null) return false;
  const { version, own, shards } = notes as { readonly [name in keyof Notes]?: unknown };
  return version === 1 && typeof own === 'string' && Array.isArray(shards);
}

function foreign(options?: { readonly cause: unknown }): AdapterError {
  const message = `Shard ${JOURNAL_SHARD} of this store holds no journal of a mesh of this release.`;
  return new AdapterError('Serialization', message, options);
}
