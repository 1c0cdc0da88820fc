// What is known of a producer's events, and what of a batch is still to be sent: nothing twice, nothing left out.
import { expect, test } from 'vitest';
import type { Batch } from '../../../../src/adapter/contract.ts';
import { NOTHING_MISSING } from '../../../../src/adapters/jetstream/event-message.ts';
import { eventMessages, frameMessages, type Outgoing } from '../../../../src/adapters/jetstream/outgoing.ts';
import { ProducerLane } from '../../../../src/adapters/jetstream/producer-lane.ts';
import { BatchMaker } from '../../../../src/testing/index.ts';

const PRODUCER = 'aa-01';

function lane(): ProducerLane {
  return new ProducerLane('orders', 4, PRODUCER);
}

function batchOf(count: number, maker = new BatchMaker({ producer: PRODUCER })): Batch {
  return maker.batch(
    4,
    Array.from({ length: count }, (_, nth) => `event ${nth}`),
  );
}

function spans(messages: readonly Outgoing[]): string[] {
  return messages.map(({ firstSequence, lastSequence }) => `${firstSequence}-${lastSequence}`);
}

test('a subject names prefix, shard and producer', () => {
  expect(lane().subject).toBe('orders.4.aa-01');
});

test('what is acknowledged out of order counts once the events before it are there', () => {
  const one = lane();
  for (const sequence of [3, 1, 4]) one.stored(sequence, sequence, 10 + sequence);
  expect([one.through, [0, 1, 2, 3, 4, 5].filter((each) => one.has(each))]).toEqual([-1, [1, 3, 4]]);
  one.stored(0, 0, 20);
  expect([one.through, one.has(2), one.streamSeq]).toEqual([1, false, 20]);
  one.stored(2, 2, 15);
  expect([one.through, one.beyond.size, one.streamSeq]).toEqual([4, 0, 20]);
});

test('a repetition sends only what was not acknowledged', () => {
  const one = lane();
  for (const sequence of [0, 1, 3]) one.stored(sequence, sequence, sequence + 1);
  expect(spans(eventMessages(one, batchOf(5), NOTHING_MISSING))).toEqual(['2-2', '4-4']);
  one.settle(4);
  expect(eventMessages(one, batchOf(5), NOTHING_MISSING)).toEqual([]);
});

test('a frame of which the front is stored is sent from behind it', () => {
  const one = lane();
  one.stored(0, 2, 1);
  const framing = { missing: NOTHING_MISSING, most: 100_000 };
  expect(spans(frameMessages(one, batchOf(5), framing))).toEqual(['3-4']);
  one.settle(4);
  expect(frameMessages(one, batchOf(5), framing)).toEqual([]);
});

test('a frame that is longer than the server takes is cut, down to single events', () => {
  const batch = batchOf(8);
  const pieces = frameMessages(lane(), batch, { missing: { lost: 3, forgotten: 0 }, most: 400 });
  expect(pieces.length).toBeGreaterThan(1);
  for (const { data, headers } of pieces) expect(data.length + headers.length).toBeLessThanOrEqual(400);
  expect(pieces.map(({ headers }) => Buffer.from(headers).includes('Mb-Lost: 3'))).toEqual(
    pieces.map((_, nth) => nth === 0),
  );
  expect(spans(frameMessages(lane(), batch, { missing: NOTHING_MISSING, most: 1 }))).toEqual(
    Array.from({ length: 8 }, (_, nth) => `${nth}-${nth}`),
  );
});

test('what was dropped before a batch is told by its sequences, the same when it is repeated', () => {
  const one = lane();
  const maker = new BatchMaker({ producer: PRODUCER });
  expect(one.begin(batchOf(3, maker))).toBe(0);
  one.settle(2);
  maker.lose(4, 5);
  const next = batchOf(2, maker);
  expect([one.begin(next), one.begin(next)]).toEqual([5, 5]);
  expect(one.through).toBe(7);
});

test('neighbours of a dropped batch that were stored are not told as lost', () => {
  const one = lane();
  const maker = new BatchMaker({ producer: PRODUCER });
  one.begin(batchOf(4, maker));
  for (const sequence of [0, 2, 3]) one.stored(sequence, sequence, sequence + 1);
  expect(one.begin(batchOf(1, maker))).toBe(1);
});
