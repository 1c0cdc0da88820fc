// A chunk while it grows, shrinks and is read.
import { expect, test } from 'vitest';
import { RECORD_SEQUENCE } from '../../../../kernel/layout.ts';
import { BlockPool } from '../../../../src/adapters/memory/block-pool.ts';
import { Chunk } from '../../../../src/adapters/memory/chunk.ts';
import { AT_HEADER_BYTES } from '../../../../src/frame/layout.ts';
import { readSafeUInt64 } from '../../../../src/frame/record.ts';
import { BatchMaker } from '../../../../src/testing/index.ts';

const RECORD_BYTES = 40;

function records(maker: BatchMaker, count: number): { readonly block: Buffer<ArrayBuffer>; readonly at: number } {
  const { frame } = maker.batch(0, Array(count).fill('12345678'));
  const block = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  return { block, at: block.readUInt16LE(AT_HEADER_BYTES) };
}

function chunkOf(maker: BatchMaker, count: number): Chunk {
  const chunk = new Chunk(new BlockPool(), { producer: maker.producer, index: 0, lostBefore: 0 });
  add(chunk, maker, count);
  return chunk;
}

function add(chunk: Chunk, maker: BatchMaker, count: number): void {
  const { block, at } = records(maker, count);
  chunk.add(block.subarray(at), count, 2n);
}

function sequenceAt(chunk: Chunk, index: number): number {
  const { block, at } = chunk.slice(index);
  return readSafeUInt64(block, at + RECORD_SEQUENCE);
}

test('finds a record after what the last reader saw was dropped and the rest moved to a larger block', () => {
  const maker = new BatchMaker();
  const chunk = chunkOf(maker, 10);
  expect(sequenceAt(chunk, 2)).toBe(2);
  expect(chunk.drop(10, 6, 0)).toMatchObject({ count: 6, bytes: 6 * RECORD_BYTES });
  add(chunk, maker, 50);
  for (const index of [7, 6, 59, 30]) expect(sequenceAt(chunk, index)).toBe(index);
});

test('a slice that was handed out stays as it was while the chunk grows and drops', () => {
  const maker = new BatchMaker();
  const chunk = chunkOf(maker, 3);
  const slice = chunk.slice(1);
  const before = Buffer.from(slice.block.subarray(slice.at, slice.at + 2 * RECORD_BYTES));
  for (let nth = 0; nth < 20; nth += 1) add(chunk, maker, 7);
  chunk.drop(100, 100, 0);
  expect(slice.block.subarray(slice.at, slice.at + 2 * RECORD_BYTES)).toEqual(before);
  expect([slice.index, slice.count]).toEqual([1, 2]);
});

test('gives room to grow back when it is closed, unless it is little', () => {
  const maker = new BatchMaker();
  for (const [count, open, closed] of [
    [11, 22, 11],
    [9, 10, 10],
  ] as const) {
    const chunk = chunkOf(maker, 1);
    for (let nth = 1; nth < count; nth += 1) add(chunk, maker, 1);
    expect(chunk.slice(0).block.length).toBe(open * RECORD_BYTES);
    chunk.close();
    expect(chunk.slice(0).block.length).toBe(closed * RECORD_BYTES);
  }
});

test('drops until both the events and the bytes are gone, at most what it is allowed', () => {
  const maker = new BatchMaker();
  const chunk = chunkOf(maker, 10);
  expect(chunk.drop(10, 1, 2 * RECORD_BYTES + 1).count).toBe(3);
  expect(chunk.drop(2, 5, 0).count).toBe(2);
  expect(chunk.drop(2, 0, 0)).toEqual({ count: 0, bytes: 0, stampNs: 0n });
  expect([chunk.index, chunk.count, chunk.bytes]).toEqual([5, 5, 5 * RECORD_BYTES]);
});

test('a block that was only viewed serves again, one that was handed out does not', () => {
  for (const read of ['view', 'slice'] as const) {
    const pool = new BlockPool();
    const maker = new BatchMaker();
    const chunk = new Chunk(pool, { producer: maker.producer, index: 0, lostBefore: 0 });
    add(chunk, maker, 200);
    const { block, count } = chunk[read](50);
    expect(count).toBe(150);
    chunk.free();
    expect(pool.take(200 * RECORD_BYTES) === block).toBe(read === 'view');
  }
});
