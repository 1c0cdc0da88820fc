// What one socket is still to be given: order, gathering, and a bounded amount per turn of the event loop.
import { expect, test } from 'vitest';
import { Outbox, type OutboxSocket } from '../../../../../src/adapters/net/link/outbox.ts';

/** A socket that takes bytes and lets them go when the test says so. */
class ModelSocket implements OutboxSocket {
  readonly writes: Buffer[] = [];
  readonly #written: { readonly bytes: Uint8Array; readonly copy: Buffer; readonly done: () => void }[] = [];
  readonly memories = new Set<ArrayBufferLike>();
  writableLength = 0;

  write(bytes: Uint8Array, done: () => void): void {
    const copy = Buffer.from(bytes);
    this.writes.push(copy);
    this.memories.add(bytes.buffer);
    this.writableLength += bytes.length;
    this.#written.push({ bytes, copy, done });
  }

  /** Everything so far has left. */
  drain(): void {
    for (const { bytes, copy, done } of this.#written.splice(0)) {
      expect(copy.equals(bytes), 'what is being written stays as it is').toBe(true);
      this.writableLength -= bytes.length;
      done();
    }
  }
}

const MEBIBYTE = 1_048_576;

function setUp(): { socket: ModelSocket; outbox: Outbox; turn: () => number; progress: () => number } {
  const socket = new ModelSocket();
  const due: (() => void)[] = [];
  let moved = 0;
  const outbox = new Outbox(socket, {
    soon: (call) => due.push(call),
    progress: () => {
      moved += 1;
    },
    keepBytes: 4 * MEBIBYTE,
  });
  const turn = (): number => {
    const before = socket.writes.reduce((sum, each) => sum + each.length, 0);
    for (const call of due.splice(0)) call();
    return socket.writes.reduce((sum, each) => sum + each.length, 0) - before;
  };
  return { socket, outbox, turn, progress: () => moved };
}

/** The messages in what was written. */
function messages(socket: ModelSocket): Buffer[] {
  const bytes = Buffer.concat(socket.writes);
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    found.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return found;
}

test('messages of any length leave in their order, each with its length', () => {
  const { socket, outbox, turn } = setUp();
  const lengths = [1, 20_000, 5, 16_383, 16_384, 70_000, 3, 3, 900_000, 60_000, 10_000, 10_000];
  const sent = lengths.map((length, nth) => Buffer.alloc(length, nth));
  for (const message of sent) {
    if (message.length % 3 === 0) outbox.push(message.subarray(0, 1), message.subarray(1));
    else outbox.push(message);
  }
  while (outbox.waitingBytes > 0) {
    turn();
    socket.drain();
  }
  expect(messages(socket)).toEqual(sent);
  expect(outbox.sentBytes).toBe(lengths.reduce((sum, each) => sum + each + 4, 0));
});

test('short messages are gathered to 1 MiB a write, and nothing is written before the turn', () => {
  const { socket, outbox, turn } = setUp();
  for (let nth = 0; nth < 15_000; nth += 1) outbox.push(Buffer.alloc(96));
  expect(socket.writes).toEqual([]);
  turn();
  expect(socket.writes.map((each) => each.length)).toEqual([MEBIBYTE, 15_000 * 100 - MEBIBYTE]);
});

test('one turn writes a bounded amount, and a socket that is full is left alone until bytes have left', () => {
  const { socket, outbox, turn, progress } = setUp();
  for (let nth = 0; nth < 100; nth += 1) outbox.push(Buffer.alloc(65_536));
  const first = turn();
  expect(first).toBe(2 * MEBIBYTE);
  expect(turn()).toBe(0);
  socket.drain();
  expect(progress()).toBeGreaterThan(0);
  expect(turn()).toBeGreaterThan(0);
  expect(outbox.waitingBytes).toBe(100 * 65_540 - first);
});

test('after close the rest is still handed over, then it is told; after discard nothing is', () => {
  const { socket, outbox, turn } = setUp();
  let drained = 0;
  outbox.push(Buffer.from('bye'));
  outbox.close(() => {
    drained += 1;
  });
  outbox.push(Buffer.from('too late'));
  turn();
  expect([messages(socket).map(String), drained]).toEqual([['bye'], 1]);
  const { socket: other, outbox: gone, turn: next } = setUp();
  gone.push(Buffer.from('bye'));
  gone.discard();
  next();
  expect([other.writes, gone.waitingBytes]).toEqual([[], 0]);
});

test('blocks serve again, and no more of them are kept than was allowed', () => {
  const { socket, outbox, turn } = setUp();
  const memoriesOf = (bytes: number): Set<ArrayBufferLike> => {
    socket.memories.clear();
    outbox.push(Buffer.alloc(bytes));
    while (outbox.waitingBytes > 0) {
      turn();
      socket.drain();
    }
    return new Set(socket.memories);
  };
  const first = memoriesOf(8_388_608);
  const second = memoriesOf(8_388_608);
  expect([...second].filter((each) => first.has(each))).toHaveLength(3);
  const third = memoriesOf(100);
  expect([...third].every((each) => second.has(each))).toBe(true);
});
