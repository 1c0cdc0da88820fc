// Messages out of a stream of bytes, and the memory that they lie in.
import { expect, test } from 'vitest';
import { MessageReader } from '../../../../../src/adapters/net/session/message-reader.ts';

function reader(limit = 100_000): { reader: MessageReader; messages: Uint8Array<ArrayBuffer>[]; bad: number[] } {
  const messages: Uint8Array<ArrayBuffer>[] = [];
  const bad: number[] = [];
  const made = new MessageReader(limit, {
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
  for (const [length, isUsed] of [
    [10_001, false],
    [10_000, true],
    [5000, true],
    [4999, false],
  ] as const) {
    const { reader: again, messages } = reader();
    again.read(wire(10_000, 1));
    const memory = messages[0]?.buffer as ArrayBuffer;
    again.reuse(memory);
    again.read(wire(length, 7));
    const message = messages[1] as Uint8Array<ArrayBuffer>;
    expect([length, message.buffer === memory]).toEqual([length, isUsed]);
    expect([message.length, ...new Set(message)]).toEqual([length, 7]);
    again.read(wire(length, 9));
    expect([...new Set(message)], 'used once').toEqual([7]);
  }
});

test('fresh memory takes the place of what was given back and did not fit; none that is short is kept', () => {
  const { reader: full, messages } = reader();
  for (const length of [30_000, 20_000, 4000]) full.read(wire(length, 1));
  for (const { buffer } of messages) full.reuse(buffer);
  expect(full.spareBytes).toBe(50_000);
  full.read(wire(60_000, 1));
  expect(full.spareBytes).toBe(0);
  for (const { buffer } of messages.slice(0, 2)) full.reuse(buffer);
  full.read(wire(5000, 1));
  expect(full.spareBytes).toBe(20_000);
});
