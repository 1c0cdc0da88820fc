// What history costs in memory of the process, for frames of one event and for frames of many. Each test file has a
// process of its own, so that the resident set before and after belongs to the store.
import { expect, test } from 'vitest';
import { RECORD_SEQUENCE } from '../../../../kernel/layout.ts';
import type { Batch } from '../../../../src/adapter/contract.ts';
import { memory } from '../../../../src/adapters/memory/index.ts';
import { FrameBatch } from '../../../../src/frame/batch.ts';
import { BatchMaker } from '../../../../src/testing/batch-maker.ts';
import { open, poll, put } from './driver.ts';

const RECORD_BYTES = 96;
const PRODUCER = 'feed';

/** Batches of 64-byte events, made without garbage but the frame. */
class Feed {
  readonly #records: Buffer;
  readonly #count: number;
  #next = 0;

  constructor(count: number) {
    const { frame } = new BatchMaker().batch(0, Array(count).fill(new Uint8Array(64)));
    this.#records = Buffer.from(frame.subarray(frame.length - count * RECORD_BYTES));
    this.#count = count;
  }

  batch(): Batch {
    const firstSequence = this.#next;
    this.#next += this.#count;
    for (let nth = 0; nth < this.#count; nth += 1) {
      this.#records.writeUInt32LE(firstSequence + nth, nth * RECORD_BYTES + RECORD_SEQUENCE);
    }
    const facts = {
      firstSequence,
      count: this.#count,
      recordBytes: this.#records.length,
      lostBefore: 0,
      firstTimestampNs: BigInt(firstSequence),
      lastTimestampNs: BigInt(firstSequence + this.#count - 1),
    };
    return FrameBatch.drain({ shard: 0, producer: PRODUCER }, facts, (space) => space.set(this.#records));
  }
}

/** By how much the resident set grows, as a multiple of the bytes of the records. */
async function growth(events: number, perFrame: number): Promise<number> {
  const adapter = await open(memory({ maxEvents: events, maxBytes: events * RECORD_BYTES }));
  const feed = new Feed(perFrame);
  const before = process.memoryUsage.rss();
  for (let stored = 0; stored < events; stored += perFrame) await put(adapter, feed.batch());
  const grown = process.memoryUsage.rss() - before;
  expect(await adapter.listShards?.()).toMatchObject([{ events, bytes: events * RECORD_BYTES }]);
  const page = await poll(adapter, 0, { after: String(events - 1) });
  expect(page.records.map((record) => record.sequence)).toEqual([events - 1]);
  return grown / (events * RECORD_BYTES);
}

test('half a million frames of one event add at most 1.5 times their record bytes', async () => {
  expect(await growth(500_000, 1)).toBeLessThanOrEqual(1.5);
}, 120_000);

test('10 million events in frames of 1,024 add at most 1.2 times their record bytes', async () => {
  expect(await growth(9766 * 1024, 1024)).toBeLessThanOrEqual(1.2);
}, 120_000);
