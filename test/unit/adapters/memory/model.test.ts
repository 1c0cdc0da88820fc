// The memory store against a naive model: a list of everything that ever existed in each shard.
import { expect, test } from 'vitest';
import type { Adapter } from '../../../../src/adapter/contract.ts';
import { memory } from '../../../../src/adapters/memory/index.ts';
import { BatchMaker, seededRandom } from '../../../../src/testing/index.ts';
import { open, poll, put, signal } from './driver.ts';

const SEED = Number(process.env.MESHBUS_SEED ?? Date.now() % 1_000_000);
const RUNS = 25;
const RECORD_HEADER_BYTES = 32;

interface Existed {
  readonly shard: number;
  readonly index: number;
  readonly payload: string | undefined; // undefined: lost
  readonly timestampNs: bigint;
  readonly bytes: number;
  trimmed: boolean;
}

class Model {
  readonly shards = new Map<number, Existed[]>();
  readonly #kept: Existed[] = [];
  readonly #bounds: { readonly maxEvents: number; readonly maxBytes: number };

  constructor(bounds: { readonly maxEvents: number; readonly maxBytes: number }) {
    this.#bounds = bounds;
  }

  of(shard: number): Existed[] {
    const all = this.shards.get(shard) ?? [];
    this.shards.set(shard, all);
    return all;
  }

  add(shard: number, payload: string | undefined, timestampNs: bigint): void {
    const all = this.of(shard);
    const bytes = Math.ceil((RECORD_HEADER_BYTES + (payload?.length ?? 0)) / 8) * 8;
    const event = { shard, index: all.length, payload, timestampNs, bytes, trimmed: false };
    all.push(event);
    if (payload !== undefined) this.#kept.push(event);
  }

  trim(): void {
    let bytes = this.#kept.reduce((sum, each) => sum + each.bytes, 0);
    while (this.#kept.length > 1 && (this.#kept.length > this.#bounds.maxEvents || bytes > this.#bounds.maxBytes)) {
      const oldest = this.#kept.shift() as Existed;
      oldest.trimmed = true;
      bytes -= oldest.bytes;
    }
  }

  trimmedTo(shard: number): number {
    return 1 + this.of(shard).findLastIndex((each) => each.trimmed);
  }

  /** What a poll from an index on must return. */
  page(shard: number, from: number, limit: number) {
    const trimmedTo = this.trimmedTo(shard);
    const rest = this.of(shard).slice(Math.max(from, trimmedTo));
    const kept = rest.filter((each) => each.payload !== undefined);
    return {
      gap: from < trimmedTo ? trimmedTo - from : 0,
      hasMore: kept.length > limit,
      records: kept.slice(0, limit).map((each) => ({
        position: String(each.index + 1),
        payload: each.payload,
        timestampNs: each.timestampNs,
        lost: rest.filter((other) => lostRightBefore(rest, other, each)).length,
      })),
    };
  }
}

function lostRightBefore(all: readonly Existed[], lost: Existed, event: Existed): boolean {
  if (lost.payload !== undefined || lost.index >= event.index) return false;
  return !all.some((each) => each.payload !== undefined && each.index > lost.index && each.index < event.index);
}

async function compare(adapter: Adapter, model: Model, random: () => number): Promise<void> {
  for (const [shard, all] of model.shards) {
    const stored = all.filter((each) => each.payload !== undefined);
    if (stored.length === 0) continue;
    const from = random() < 0.3 ? 0 : (stored[Math.floor(random() * stored.length)] as Existed).index + 1;
    const limit = 1 + Math.floor(random() * 30);
    const page = await poll(adapter, shard, { after: from === 0 ? undefined : String(from), limit });
    const records = page.records.map((record) => ({
      position: record.position,
      payload: Buffer.from(record.bytes).toString(),
      timestampNs: record.timestampNs,
      lost: record.lostBefore ?? 0,
    }));
    expect({ gap: page.gap?.count ?? 0, hasMore: page.hasMore, records }).toEqual(model.page(shard, from, limit));
    await compareTime(adapter, model, (stored[Math.floor(random() * stored.length)] as Existed).timestampNs, shard);
  }
}

async function compareTime(adapter: Adapter, model: Model, timestampNs: bigint, shard: number): Promise<void> {
  const after = await adapter.seek?.(shard, timestampNs, { signal });
  const [first] = (await poll(adapter, shard, { after, limit: 1 })).records;
  const all = model.of(shard).filter((each) => each.payload !== undefined);
  const trimmedAtOrAfter = all.some((each) => each.trimmed && each.timestampNs >= timestampNs);
  const expected = all.find((each) => !each.trimmed && (trimmedAtOrAfter || each.timestampNs >= timestampNs));
  expect(first?.timestampNs).toBe(expected?.timestampNs);
}

async function run(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const upTo = (most: number): number => 1 + Math.floor(random() * most);
  const bounds = { maxEvents: upTo(400), maxBytes: upTo(40_000) };
  const adapter = await open(memory(bounds));
  const model = new Model(bounds);
  let maker = new BatchMaker({ producer: 'feed-0', firstTimestampNs: 1n });
  let stampNs = 1n;
  for (let step = 0; step < 120; step += 1) {
    const shard = upTo(3);
    if (random() < 0.05) maker = new BatchMaker({ producer: `feed-${step}`, firstTimestampNs: stampNs });
    if (random() < 0.2) {
      const lost = upTo(5);
      maker.lose(shard, lost);
      for (let nth = 0; nth < lost; nth += 1) model.add(shard, undefined, 0n);
      // What is lost shows with the next batch.
    }
    const large = random() < 0.1 ? 3000 : 40;
    const payloads = Array.from({ length: upTo(random() < 0.5 ? 2 : 40) }, () => 'p'.repeat(upTo(large) - 1));
    const batch = maker.batch(shard, payloads);
    for (const payload of payloads) {
      model.add(shard, payload, stampNs);
      stampNs += 1n;
    }
    model.trim();
    await put(adapter, batch);
    if (random() < 0.2) await put(adapter, batch);
    await compare(adapter, model, random);
  }
}

test(`is equal to a naive list over random batches, losses, repetitions and trims (MESHBUS_SEED=${SEED})`, async () => {
  for (let nth = 0; nth < RUNS; nth += 1) {
    await run(SEED + nth).catch((cause: unknown) => {
      throw new Error(`MESHBUS_SEED=${SEED + nth}`, { cause });
    });
  }
});
