// The newest frames for peers that are up to date: copies in blocks that serve again.
import { expect, test } from 'vitest';
import { RecentFrames } from '../../../../../src/adapters/net/protocol/recent-frames.ts';
import { Stream } from '../../../../../src/adapters/net/store/stream.ts';

const STREAM = new Stream(0, 'producer');

function add(recent: RecentFrames, sequence: number, length: number, stream = STREAM): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(length).fill(sequence);
  recent.add({ stream, firstSequence: sequence, end: sequence + 1, lost: 0, frame });
  return frame;
}

function bytesAt(recent: RecentFrames, sequence: number, stream = STREAM): number[] | undefined {
  const found = recent.find(stream, sequence);
  return found === undefined ? undefined : [found.frame.length, ...new Set(found.frame)];
}

test('a frame is found by the sequence that it goes on from, as it was when it was added', () => {
  const recent = new RecentFrames(1000);
  const frame = add(recent, 7, 30);
  recent.add({ stream: STREAM, firstSequence: 12, end: 13, lost: 4, frame: new Uint8Array([1, 2]) });
  frame.fill(0);
  expect(bytesAt(recent, 7)).toEqual([30, 7]);
  expect(recent.find(STREAM, 8)).toMatchObject({ firstSequence: 12, lost: 4 });
  expect(bytesAt(recent, 8)).toEqual([2, 1, 2]);
  expect(recent.find(new Stream(0, 'producer'), 7)).toBeUndefined();
});

test('the oldest go a block at a time, and no frame that is found has the bytes of another', () => {
  const recent = new RecentFrames(1000);
  for (let sequence = 0; sequence < 200; sequence += 1) {
    add(recent, sequence, 60);
    const found = Array.from({ length: sequence + 1 }, (_, each) => bytesAt(recent, each));
    const first = found.findIndex((each) => each !== undefined);
    expect(sequence - first).toBeLessThan(16);
    expect(found.slice(first)).toEqual(found.slice(first).map((_, nth) => [60, first + nth]));
    if (sequence >= 16) expect(sequence - first).toBeGreaterThanOrEqual(11);
  }
});

test('a frame longer than a block has one to itself, one longer than all of them is not kept', () => {
  const recent = new RecentFrames(1000);
  for (const sequence of [1, 2, 3]) add(recent, sequence, 200);
  add(recent, 4, 700);
  expect([1, 2, 3, 4].map((each) => bytesAt(recent, each))).toEqual([undefined, undefined, [200, 3], [700, 4]]);
  add(recent, 5, 1001);
  expect([4, 5].map((each) => bytesAt(recent, each))).toEqual([[700, 4], undefined]);
  for (const sequence of [6, 7, 8, 9]) add(recent, sequence, 200);
  expect([4, 6, 7, 8, 9].map((each) => bytesAt(recent, each)?.[1])).toEqual([undefined, 6, 7, 8, 9]);
});

test('a frame that was added again under its sequence does not go with the first one', () => {
  const recent = new RecentFrames(1000);
  add(recent, 1, 200);
  add(recent, 2, 200);
  add(recent, 1, 210);
  for (const sequence of [3, 4]) add(recent, sequence, 200);
  expect(bytesAt(recent, 1)).toEqual([210, 1]);
});
