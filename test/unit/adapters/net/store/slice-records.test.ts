// What the records of a slice say, at its edges: the first record, the last one, one that is alone.
import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { test } from 'vitest';
import { log } from '../../../../../src/adapters/log/index.ts';
import { memory } from '../../../../../src/adapters/memory/index.ts';
import {
  countBefore,
  firstSequenceOf,
  frameOf,
  stampsOf,
} from '../../../../../src/adapters/net/store/slice-records.ts';
import { FrameBatch } from '../../../../../src/frame/batch.ts';
import type { FrameSlice } from '../../../../../src/frame-store/frame-store.ts';
import { BatchMaker } from '../../../../../src/testing/index.ts';
import { framesOf, freshFolder, signal, sliceOf } from './driver.ts';

const START_NS = 1000n;
/** Each of another length, one with a key and headers. */
const EVENTS = ['', { bytes: 'b'.repeat(9), key: 'k', headers: { h: '1' } }, 'c', 'd'.repeat(100), 'e'] as const;
/** Lies behind 7 sequences that were dropped. */
const FIRST = 10;

/** A slice in the middle of what a store keeps, from the `from`-th of the events on. */
async function sliceFrom(from: number, frames = framesOf(memory())): Promise<FrameSlice> {
  const maker = new BatchMaker({ producer: 'origin', firstTimestampNs: START_NS - 3n });
  await frames.open({ producer: 'p', now: () => 0n, report: () => undefined });
  await frames.append(maker.batch(0, ['x', 'y', 'z']), 0, signal);
  maker.lose(0, 7);
  await frames.append(maker.batch(0, EVENTS), 7, signal);
  return sliceOf(frames, 0, FIRST + from);
}

/** What the frame of a slice says once it went over the wire. */
function sent(slice: FrameSlice, options: Parameters<typeof frameOf>[2]): readonly unknown[] {
  const { shard, producer, firstSequence, count, lostBefore, firstTimestampNs, lastTimestampNs } = FrameBatch.parse(
    frameOf(slice, 5, options).frame,
  );
  strictEqual(`${shard} ${producer}`, '5 origin');
  return [firstSequence, count, lostBefore, Number(firstTimestampNs - START_NS), Number(lastTimestampNs - START_NS)];
}

test('a slice tells the sequence of its first record, and the stamps of its first and last one', async () => {
  const whole = await sliceFrom(0);
  strictEqual(firstSequenceOf(whole), FIRST);
  deepStrictEqual(stampsOf(whole), { firstNs: START_NS, lastNs: START_NS + 4n });
  const rest = await sliceFrom(3);
  strictEqual(firstSequenceOf(rest), FIRST + 3);
  deepStrictEqual(stampsOf(rest), { firstNs: START_NS + 3n, lastNs: START_NS + 4n });
  const last = await sliceFrom(4);
  deepStrictEqual([last.count, stampsOf(last)], [1, { firstNs: START_NS + 4n, lastNs: START_NS + 4n }]);
});

test('the records before a time are counted: none, some, or all; one at that time is not before it', async () => {
  const slice = await sliceFrom(1);
  const before = (ns: bigint): number => countBefore(slice, START_NS + ns);
  deepStrictEqual([before(-9n), before(1n), before(2n), before(4n), before(5n)], [0, 0, 1, 3, 4]);
});

test('a frame has all records behind the skipped ones, with the facts of those', async () => {
  const maxBytes = 1_000_000;
  const whole = await sliceFrom(0);
  deepStrictEqual(sent(whole, { skip: 0, maxBytes }), [FIRST, 5, 7, 0, 4]);
  deepStrictEqual(sent(whole, { skip: 1, maxBytes }), [FIRST + 1, 4, 0, 1, 4]);
  deepStrictEqual(sent(whole, { skip: 4, maxBytes }), [FIRST + 4, 1, 0, 4, 4]);
  deepStrictEqual(sent(await sliceFrom(2), { skip: 1, maxBytes }), [FIRST + 3, 2, 0, 3, 4]);
});

test('a frame has no more bytes of records than asked for, but one record whatever its size', async () => {
  const slice = await sliceFrom(0);
  const bytesOf = (skip: number, maxBytes: number): number => frameOf(slice, 5, { skip, maxBytes }).records.byteLength;
  const two = bytesOf(2, 1) + bytesOf(3, 1);
  deepStrictEqual(sent(slice, { skip: 2, maxBytes: two }), [FIRST + 2, 2, 0, 2, 3]);
  deepStrictEqual(sent(slice, { skip: 2, maxBytes: two - 1 }), [FIRST + 2, 1, 0, 2, 2]);
  deepStrictEqual(sent(slice, { skip: 3, maxBytes: 0 }), [FIRST + 3, 1, 0, 3, 3]);
});

test('records keep their payloads, keys and headers, from a memory and from a log', async () => {
  for (const frames of [framesOf(memory()), framesOf(log(freshFolder()))]) {
    const frame = frameOf(await sliceFrom(1, frames), 5, { skip: 0, maxBytes: 1_000_000 });
    const [keyed, plain] = [...FrameBatch.parse(frame.frame)];
    deepStrictEqual([keyed?.key, { ...keyed?.headers }, keyed?.utf8()], ['k', { h: '1' }, 'b'.repeat(9)]);
    deepStrictEqual([plain?.key, plain?.utf8()], [undefined, 'c']);
    await frames.close(signal);
  }
});
