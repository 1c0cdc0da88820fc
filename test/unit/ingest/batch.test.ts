// Many events in one call: each offered in order, the refused ones named.
import { expect, test } from 'vitest';
import { Event } from '../../../src/event/event.ts';
import { RawEvent } from '../../../src/event/raw-event.ts';
import { failure } from '../../support/failure.ts';
import { feed, openBus, watch } from '../../support/open-bus.ts';
import { takenEvents, takenTexts } from '../../support/taken-events.ts';

test('values, Events and RawEvents are taken in order, with the same options', async () => {
  const { bus, adapter, environment } = await openBus();
  adapter.hold = false;
  const events = [{ a: 1 }, new Event([2]), RawEvent.fromString('raw'), 'text', null];
  expect(bus.ingestBatch(events, { key: 'k', headers: { a: 'b' } })).toEqual({ accepted: 5, rejected: [] });
  await environment.turn();
  expect(takenTexts(adapter)).toEqual(['{"a":1}', '[2]', 'raw', '"text"', 'null']);
  for (const { key, headers } of takenEvents(adapter)) expect([key, headers]).toEqual(['k', { a: 'b' }]);
});

test('an empty batch is none', async () => {
  const { bus } = await openBus();
  expect(bus.ingestBatch([])).toEqual({ accepted: 0, rejected: [] });
  expect(bus.ingestBatch(new Set())).toEqual({ accepted: 0, rejected: [] });
});

test('A3 each refused event is named with its outcome and counted, the others are in', async () => {
  const { bus } = await openBus({ backpressure: 'drop-newest', ringCapacity: 3 });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const events = ['a', 1n, Buffer.from('b'), proxy, 'x'.repeat(2000), 'c', undefined, 'd', 'e', 'f'];
  expect(bus.ingestBatch(events)).toEqual({
    accepted: 3,
    rejected: [
      { index: 1, outcome: 'serialization' },
      { index: 2, outcome: 'serialization' },
      { index: 3, outcome: 'serialization' },
      { index: 4, outcome: 'too-large' },
      { index: 6, outcome: 'serialization' },
      { index: 8, outcome: 'backpressure' },
      { index: 9, outcome: 'backpressure' },
    ],
  });
  expect(bus.stats).toMatchObject({ eventsIngested: 3, eventsRejected: 7 });
});

test.each(['drop-oldest', { sample: 2 }] as const)('mode %o acts event by event', async (backpressure) => {
  const { bus } = await openBus({ backpressure, ringCapacity: 2 });
  const rejected = backpressure === 'drop-oldest' ? [] : [2, 4].map((index) => ({ index, outcome: 'sampled' }));
  expect(bus.ingestBatch([0, 1, 2, 3, 4, 5])).toEqual({ accepted: 6 - rejected.length, rejected });
  expect(bus.stats.eventsDropped).toBe(4 - rejected.length);
});

test('a shut bus refuses all of it', async () => {
  const { bus, environment } = await openBus();
  const closed = bus.shutdown();
  await environment.advance(1);
  await closed;
  expect(bus.ingestBatch([1, RawEvent.fromString('x')])).toMatchObject({ accepted: 0, rejected: { length: 2 } });
  expect(bus.stats.rejectedByOutcome['shutting-down']).toBe(2);
});

test('what is no iterable, and an iterable that throws, have offered nothing', async () => {
  function* events(): Generator<number> {
    yield 1;
    throw new Error('no more');
  }
  const { bus } = await openBus();
  expect(failure(() => bus.ingestBatch(events()))).toMatchObject({ message: 'no more' });
  expect(failure(() => bus.ingestBatch(undefined as never))).toBeInstanceOf(TypeError);
  const block = await openBus({ backpressure: 'block' });
  await expect(block.bus.ingestBatch(events())).rejects.toThrow('no more');
  await expect(block.bus.ingestBatch(5 as never)).rejects.toBeInstanceOf(TypeError);
  expect([bus.stats.eventsIngested, block.bus.stats.eventsIngested]).toEqual([0, 0]);
});

test('I5 in Block the promise resolves when those that had to wait are in', async () => {
  const open = await openBus({ backpressure: 'block', ringCapacity: 2, batch: { maxEvents: 2, maxDelayMs: 0 } });
  const batch = watch(Promise.resolve(open.bus.ingestBatch(['a', 'b', 1n, 'c', 'd', 'e'])));
  expect(open.bus.stats).toMatchObject({ eventsIngested: 2, eventsWaiting: 3, eventsRejected: 1 });
  await open.environment.turn();
  expect(batch.settled).toBe(false);
  open.adapter.hold = false;
  open.adapter.last.take();
  await open.environment.advance(10);
  expect(batch.value).toEqual({ accepted: 5, rejected: [{ index: 2, outcome: 'serialization' }] });
  expect(takenTexts(open.adapter)).toEqual(['"a"', '"b"', '"c"', '"d"', '"e"']);
});

test('I5 those that wait are refused by abort, shutdown or too many bytes, each under its index', async () => {
  const open = await openBus({ backpressure: 'block', ringCapacity: 1, maxWaitingBytes: 3 * 260 });
  await feed(open, 1);
  const controller = new AbortController();
  const aborted = watch(Promise.resolve(open.bus.ingestBatch([1, 2], { signal: controller.signal })));
  const shut = watch(Promise.resolve(open.bus.ingestBatch([3, 4, 5])));
  controller.abort();
  open.adapter.hold = false;
  const closed = open.bus.shutdown();
  open.adapter.last.take();
  await open.environment.advance(10);
  await closed;
  expect(aborted.value).toEqual({ accepted: 1, rejected: [{ index: 1, outcome: 'aborted' }] });
  expect(shut.value).toEqual({
    accepted: 0,
    rejected: [
      { index: 0, outcome: 'shutting-down' },
      { index: 1, outcome: 'shutting-down' },
      { index: 2, outcome: 'backpressure' },
    ],
  });
  expect(open.bus.stats).toMatchObject({ eventsIngested: 2, eventsDispatched: 2, eventsRejected: 4 });
});
