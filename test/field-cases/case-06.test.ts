// Field case 6: one invalid UTF-8 byte. The bytes are kept, and everything that reads text says the same of them.
import { expect, test } from 'vitest';
import { ConsumerError, Event, EventBus, IngestionError, memory, RawEvent } from '../../src/index.ts';

const BAD = Buffer.concat([Buffer.from('{"a":"x'), Buffer.from([0xff]), Buffer.from('y","b":1}')]);

test('case 6, I2 and C7: an invalid byte is stored as it is, matches no filter, and json() says why it fails', async () => {
  const bus = await EventBus.create({ adapter: memory(), shards: 1 });
  bus.ingestRaw('{"b":1,"n":1}');
  bus.ingestRaw(BAD);
  bus.ingestRaw('{"b":1,"n":2}');
  await bus.flush();
  const all = await bus.poll({ limit: 10 });
  expect(all.events.map((event) => Buffer.from(event.bytes))).toEqual([
    Buffer.from('{"b":1,"n":1}'),
    BAD,
    Buffer.from('{"b":1,"n":2}'),
  ]);
  const matching = await bus.poll({ limit: 10, filter: { path: 'b', value: 1 } });
  expect(matching.events.map((event) => event.json())).toEqual([
    { b: 1, n: 1 },
    { b: 1, n: 2 },
  ]);
  const negated = await bus.poll({ limit: 10, filter: { $not: { path: 'b', value: 2 } } });
  expect(negated.events).toHaveLength(2);
  const [, bad] = all.events;
  expect(() => bad?.json()).toThrow(/UTF-8/);
  expect(() => bad?.json()).toThrow(ConsumerError);
  await bus.shutdown();
});

test('case 6: what checks beforehand refuses such bytes', () => {
  expect(() => RawEvent.fromBytesValidated(BAD)).toThrow(IngestionError);
  expect(() => Event.fromBytes(BAD)).toThrow(/UTF-8/);
});
