// The way that a page took through the shards, so that each of its events can say where it lies.
// Invariant: `cursorAt(index)` is what a page that ends right after that event would give. Walking forward through
// the events costs no more than writing each cursor; a step back starts again at the front.
import type { StoredRecord } from '../adapter/contract.ts';
import type { Cursor, ShardMark } from './cursor.ts';
import type { CursorCodec } from './cursor-codec.ts';

/** A move of one shard that is not simply "past the event": before the event of this index, or right with it. */
interface SideStep {
  readonly index: number;
  readonly before: boolean;
  readonly shard: number;
  readonly mark: ShardMark;
  readonly watermark: bigint;
}

export class PageTrail {
  readonly #start: Cursor;
  readonly #codec: CursorCodec;
  readonly #records: StoredRecord[] = [];
  readonly #shards: number[] = [];
  readonly #steps: SideStep[] = [];
  #late: Set<number> | undefined;
  #walk: { readonly cursor: Cursor; done: number; steps: number; text: string } | undefined;

  /** @param start Is kept and not changed. */
  constructor(start: Cursor, codec: CursorCodec) {
    this.#start = start;
    this.#codec = codec;
  }

  /** Adds an event; returns its index. */
  add(record: StoredRecord, shard: number): number {
    this.#shards.push(shard);
    return this.#records.push(record) - 1;
  }

  markLate(index: number): void {
    this.#late ??= new Set();
    this.#late.add(index);
  }

  /** A shard moved without an event of its own, before the event that is added next. */
  stepBefore(shard: number, mark: ShardMark, watermark: bigint): void {
    this.#steps.push({ index: this.#records.length, before: true, shard, mark, watermark });
  }

  /** The event that was added last leaves its shard at another place than its own position. */
  stepWith(shard: number, mark: ShardMark): void {
    this.#steps.push({ index: this.#records.length - 1, before: false, shard, mark, watermark: 0n });
  }

  shardOf(index: number): number {
    return this.#shards[index] as number;
  }

  isLate(index: number): boolean {
    return this.#late?.has(index) === true;
  }

  cursorAt(index: number): string {
    let walk = this.#walk;
    if (walk === undefined || walk.done > index + 1) walk = { cursor: this.#start.copy(), done: 0, steps: 0, text: '' };
    this.#walk = walk;
    if (walk.done === index + 1) return walk.text;
    while (walk.done <= index) {
      walk.steps = this.#sideSteps(walk.cursor, walk.steps, walk.done, true);
      const record = this.#records[walk.done] as StoredRecord;
      walk.cursor.set(this.shardOf(walk.done), { position: record.position });
      raise(walk.cursor, record.timestampNs);
      walk.steps = this.#sideSteps(walk.cursor, walk.steps, walk.done, false);
      walk.done += 1;
    }
    walk.text = this.#codec.encode(walk.cursor);
    return walk.text;
  }

  #sideSteps(cursor: Cursor, from: number, index: number, before: boolean): number {
    let at = from;
    for (;;) {
      const step = this.#steps[at];
      if (step === undefined || step.index !== index || step.before !== before) return at;
      cursor.set(step.shard, step.mark);
      raise(cursor, step.watermark);
      at += 1;
    }
  }
}

function raise(cursor: Cursor, stamp: bigint): void {
  if (stamp > cursor.watermark) cursor.watermark = stamp;
}
