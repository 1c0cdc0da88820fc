// When an opening of a store covers those before it, and what the covers say.
import { beforeEach, expect, test } from 'vitest';
import { CoverMaker } from '../../../../src/adapters/net/cover-maker.ts';
import type { StreamStore } from '../../../../src/adapters/net/store/stream-store.ts';
import { AdapterError } from '../../../../src/errors/adapter-error.ts';
import type { FrameStore } from '../../../../src/frame-store/frame-store.ts';
import { memory } from '../../../../src/index.ts';
import { BatchMaker } from '../../../../src/testing/index.ts';
import { RecordedHost, SHARD } from './protocol/recorded-host.ts';
import { around, framesOf, open, put, reopen } from './store/driver.ts';

/** Longer than a tail that others have kept may take to show up. */
const LATER_MS = 10_000;
const FIRST = 'opening 1';
let host: RecordedHost;
/** How many flushes the store does before it refuses one. */
let flushesLeft: number;
let frames: FrameStore;

beforeEach(() => {
  host = new RecordedHost();
  flushesLeft = Number.MAX_SAFE_INTEGER;
  const inner = framesOf(memory());
  const flush: FrameStore['flush'] = async (signal) => {
    if (flushesLeft === 0) throw new AdapterError('Backpressure', 'no space left');
    flushesLeft -= 1;
    await inner.flush(signal);
  };
  frames = around(inner, { flush });
});

/** The second opening of a store into which the first has put two events in each shard. */
async function second(...shards: readonly number[]): Promise<StreamStore> {
  const first = await open(frames, FIRST);
  const maker = new BatchMaker({ producer: FIRST });
  for (const shard of shards) await put(first, maker.batch(shard, ['a', 'b']));
  return reopen(first, frames, 'opening 2');
}

async function made(maker: CoverMaker, nowMs = LATER_MS): Promise<readonly unknown[]> {
  const covers = await maker.make(nowMs);
  return covers.map(({ shard, child, entries }) => [shard, child, entries]);
}

async function makerOf(store: StreamStore, own = 'opening 2'): Promise<CoverMaker> {
  const maker = new CoverMaker(store, own, host.replication);
  expect(await made(maker, 0)).toEqual([]); // Tails that others have kept may still show up.
  return maker;
}

test('an opening covers the one before it once, in each shard that it wrote', async () => {
  const maker = await makerOf(await second(0, SHARD));
  const entries = [{ producer: FIRST, end: 2, hasCover: false }];
  expect(await made(maker)).toEqual([
    [0, 'opening 2', entries],
    [SHARD, 'opening 2', entries],
  ]);
  expect(await made(maker)).toEqual([]);
});

test('the first opening of a store has nothing to cover', async () => {
  const store = await open(frames, FIRST);
  await put(store, new BatchMaker({ producer: FIRST }).batch(0, ['a']));
  expect(await made(await makerOf(store, FIRST))).toEqual([]);
});

test('a later opening covers those before through the one right before it', async () => {
  const store = await second(0);
  await made(await makerOf(store));
  await put(store, new BatchMaker({ producer: 'opening 2' }).batch(0, ['c']));
  const third = await reopen(store, frames, 'opening 3');
  const entries = [{ producer: 'opening 2', end: 1, hasCover: true }];
  expect(await made(await makerOf(third, 'opening 3'))).toEqual([[0, 'opening 3', entries]]);
  expect(Object.fromEntries(third.shard(0).covers.endsOf('opening 3').ends)).toEqual({
    'opening 1': 2,
    'opening 2': 1,
  });
});

test('while a linked node has more of the opening before, that shard is not covered', async () => {
  const maker = await makerOf(await second(0, SHARD));
  host.link(1, 'peer');
  host.tell(1, FIRST, 0, 5);
  expect(await made(maker)).toEqual([[0, 'opening 2', [{ producer: FIRST, end: 2, hasCover: false }]]]);
});

test('a cover that the store refuses is made at the next call, with what it said first', async () => {
  const store = await second(0);
  const maker = await makerOf(store);
  flushesLeft = 0;
  await expect(maker.make(LATER_MS)).rejects.toMatchObject({ kind: 'Backpressure' });
  flushesLeft = 1;
  await put(store, late());
  expect(await made(maker)).toEqual([[0, 'opening 2', [{ producer: FIRST, end: 2, hasCover: false }]]]);
});

/** A tail of the first opening that another node had kept. */
function late(): ReturnType<BatchMaker['batch']> {
  const maker = new BatchMaker({ producer: FIRST });
  maker.batch(0, ['a', 'b']);
  return maker.batch(0, ['c']);
}

test('when the store refuses the cover of one shard, those that were made are told all the same', async () => {
  const maker = await makerOf(await second(0, SHARD));
  const entries = [{ producer: FIRST, end: 2, hasCover: false }];
  flushesLeft = 1;
  expect(await made(maker)).toEqual([[0, 'opening 2', entries]]);
  await expect(maker.make(LATER_MS)).rejects.toMatchObject({ kind: 'Backpressure' });
  flushesLeft = 1;
  expect(await made(maker)).toEqual([[SHARD, 'opening 2', entries]]);
});
