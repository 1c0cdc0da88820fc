// Messages out of a stream of bytes, and the memory that they lie in.
import { expect, test } from 'vitest';
import { MessageReader } from '../../../../../src/adapters/net/session/message-reader.ts';

const SPARE_BYTES = 50_000;

function reader(limit = 100_000): { reader: MessageReader; messages: Uint8Array<ArrayBuffer>[]; bad: number[] } {
  const messages: Uint8Array<ArrayBuffer>[] = [];
  const bad: number[] = [];
  const made = new MessageReader(limit, SPARE_BYTES, {
    message: (bytes) => {
      messages.push(bytes);
      return true;
    },
    badLength: (length) => void bad.push(length),
  });
  return { reader: made, messages, bad };
}

function wire(length: number, fill: number): Buffer {
  const bytes = Buffer.alloc(4 + length, fill);
  bytes.writeUInt32LE(length);
  return bytes;
}

test('messages come out whole and in order, however the bytes are cut', () => {
  const all = Buffer.concat([wire(1, 1), wire(5000, 2), wire(3, 3)]);
  for (const step of [1, 2, 3, 1000, all.length]) {
    const { reader: cut, messages } = reader();
    for (let at = 0; at < all.length; at += step) cut.read(all.subarray(at, at + step));
    expect(messages.map((each) => [each.length, ...new Set(each)])).toEqual([
      [1, 1],
      [5000, 2],
      [3, 3],
    ]);
  }
});

test('nothing is read behind a length of 0 or above the limit', () => {
  for (const length of [0, 101]) {
    const { reader: strict, messages, bad } = reader(100);
    strict.read(Buffer.concat([wire(2, 1), wire(length, 2), wire(2, 3)]));
    expect([messages.length, bad]).toEqual([1, [length]]);
  }
});

test('a message lies in memory that was given back when that is long enough and not twice as long', () => {
  const { reader: again, messages } = reader();
  again.read(wire(10_000, 1));
  const [first] = messages as [Uint8Array<ArrayBuffer>];
  again.reuse(first.buffer);
  for (const length of [10_001, 4999, 5000]) again.read(wire(length, 7));
  const [, longer, shorter, half] = messages as Uint8Array<ArrayBuffer>[];
  expect([longer, shorter, half].map((each) => each?.buffer === first.buffer)).toEqual([false, false, true]);
  expect(half).toHaveLength(5000);
  again.read(wire(5000, 9));
  expect([new Set(half), new Set(messages.at(-1))]).toEqual([new Set([7]), new Set([9])]);
});

test('no more memory is kept than was allowed, and none that is short', () => {
  const { reader: full, messages } = reader();
  for (const length of [30_000, 30_000, 4000]) full.read(wire(length, 1));
  const memories = messages.splice(0).map(({ buffer }) => buffer);
  for (const memory of memories) full.reuse(memory);
  for (const length of [30_000, 30_000, 4000]) full.read(wire(length, 2));
  expect(messages.map(({ buffer }) => memories.indexOf(buffer))).toEqual([0, -1, -1]);
});
