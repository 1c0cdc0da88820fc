// What comes back is what went in, to the byte.
import { expect, test } from 'vitest';
import { memory } from '../../../src/adapters/memory/index.ts';
import { EventBus } from '../../../src/bus/event-bus.ts';
import { Event } from '../../../src/event/event.ts';
import { RawEvent } from '../../../src/event/raw-event.ts';
import { hashBytes } from '../../../src/kernel/hasher.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { failure } from '../../support/failure.ts';
import { HeldAdapter } from '../../support/held-adapter.ts';
import { openBus } from '../../support/open-bus.ts';
import { seedOf } from '../../support/seed.ts';
import { takenEvents } from '../../support/taken-events.ts';

const MIB = 1_048_576;
const random = seededRandom(seedOf('payloads'));

function randomBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random() * 256);
}

const PAYLOADS: Record<string, Uint8Array> = {
  empty: new Uint8Array(0),
  'one byte': Uint8Array.of(0),
  'random bytes': randomBytes(1001),
  'invalid UTF-8': Buffer.from([0x7b, 0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80]),
  '1 MiB': randomBytes(MIB),
  'JSON with 1.0, odd spacing and duplicate keys': Buffer.from('{ "a" :1.0,\t"a":2 ,"b":[ ] }\n'),
  'bytes that look like a record': Buffer.alloc(200, Buffer.from([0xd9, 0xff, 0xff, 0xff])),
};

test('I2 payloads of every kind are polled back identical, in order, from a wrapping ring', async () => {
  const bus = await EventBus.create({ adapter: memory(), shards: 1, backpressure: 'block', ringBytes: 4 * MIB });
  const sent: Uint8Array[] = [];
  for (let round = 0; round < 5; round += 1) {
    for (const payload of Object.values(PAYLOADS)) {
      await bus.ingestRaw(payload);
      sent.push(payload);
    }
    await bus.flush();
  }
  const { events } = await bus.poll({ limit: 1000 });
  expect(events.map(({ bytes }) => Buffer.compare(bytes, sent.shift() as Uint8Array))).toEqual(events.map(() => 0));
  expect(sent).toEqual([]);
  await bus.shutdown();
});

test('I2 the same bytes as RawEvent, array, buffer, shared memory or text are one payload with one hash', async () => {
  const { bus, adapter, environment } = await openBus();
  adapter.hold = false;
  const text = '{"ü":1.0}';
  const bytes = Buffer.from(text);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  for (const event of [bytes, new Uint8Array(bytes), shared, text, RawEvent.fromBytes(bytes)]) bus.ingestRaw(event);
  await environment.turn();
  const events = takenEvents(adapter);
  expect(events).toHaveLength(5);
  for (const event of events) {
    expect([Buffer.from(event.bytes), event.hash]).toEqual([bytes, hashBytes(bytes)]);
  }
});

test('a value, its Event and its RawEvent are one payload with one hash', async () => {
  const { bus, adapter, environment } = await openBus();
  adapter.hold = false;
  const value = { token: 'Hello', n: 1, list: [null, true, '\ud800'] };
  bus.ingest(value);
  bus.ingest(new Event(value));
  bus.ingestRaw(new Event(value).toRaw());
  await environment.turn();
  const [first, ...others] = takenEvents(adapter);
  expect(Buffer.from(first?.bytes ?? []).toString()).toBe(JSON.stringify(value));
  for (const event of others) expect([event.bytes, event.hash]).toEqual([first?.bytes, first?.hash]);
});

test('bytes are taken before the call returns: a buffer can be used again at once', async () => {
  const { bus, adapter, environment } = await openBus();
  adapter.hold = false;
  const buffer = Buffer.from('first');
  bus.ingestRaw(buffer);
  buffer.write('other');
  bus.ingestRaw(buffer);
  buffer.fill(0);
  await environment.turn();
  expect(takenEvents(adapter).map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['first', 'other']);
});

test('I6 a value is serialised before ingest returns: changing it later changes nothing', async () => {
  const { bus, adapter, environment } = await openBus();
  adapter.hold = false;
  const value = { n: 1, inner: { list: [1] } };
  bus.ingest(value);
  value.n = 2;
  value.inner.list.push(2);
  await environment.turn();
  expect(Buffer.from(takenEvents(adapter)[0]?.bytes ?? []).toString()).toBe('{"n":1,"inner":{"list":[1]}}');
});

test('key and headers come back with the event, the key decides the hash', async () => {
  const { bus, adapter, environment } = await openBus();
  adapter.hold = false;
  const given = RawEvent.fromBytesWithHash(Buffer.from('x'), 7n);
  bus.ingestRaw('x', { key: 'schlüssel', headers: { 'content-type': 'text/plain', größe: '2 €' } });
  bus.ingestRaw('x', { key: '' });
  bus.ingestRaw('x', { headers: {} });
  bus.ingestRaw(given);
  bus.ingestRaw(given, { headers: { a: 'b' } });
  bus.ingestRaw(given, { key: 'k' });
  bus.ingestRaw('x');
  await environment.turn();
  const hashOf = (text: string): bigint => hashBytes(Buffer.from(text));
  expect(takenEvents(adapter).map(({ key, headers, hash }) => [key, headers, hash])).toEqual([
    ['schlüssel', { 'content-type': 'text/plain', größe: '2 €' }, hashOf('schlüssel')],
    ['', undefined, hashOf('')],
    [undefined, {}, hashOf('x')],
    [undefined, undefined, 7n],
    [undefined, { a: 'b' }, 7n],
    ['k', undefined, hashOf('k')],
    [undefined, undefined, hashOf('x')],
  ]);
});

test('I2 a payload of maxEventBytes is taken, one byte more is TooLarge in every form', async () => {
  const { bus } = await openBus({ maxEventBytes: 100 });
  for (const event of ['x'.repeat(100), Buffer.alloc(100), RawEvent.fromBytes(Buffer.alloc(100)), '€'.repeat(33)]) {
    expect(bus.tryIngestRaw(event)).toBe('accepted');
  }
  const tooLong = ['x'.repeat(101), Buffer.alloc(101), RawEvent.fromBytes(Buffer.alloc(101)), '€'.repeat(34)];
  for (const event of tooLong) expect(bus.tryIngestRaw(event)).toBe('too-large');
  expect([bus.tryIngest('x'.repeat(98)), bus.tryIngest('x'.repeat(99))]).toEqual(['accepted', 'too-large']);
  expect(failure(() => bus.ingestRaw(Buffer.alloc(101)))).toMatchObject({
    kind: 'TooLarge',
    code: 'EBUS_TOO_LARGE',
    message: expect.stringMatching(/101 bytes, and at most 100 fit \(maxEventBytes/),
  });
});

test("I2 the adapter's own limit holds where it is smaller", async () => {
  const adapter = new HeldAdapter();
  adapter.onInit = async () => ({ storeId: 'held', maxEventBytes: 10 });
  const { bus } = await openBus({ maxEventBytes: 100 }, adapter);
  expect([bus.tryIngestRaw('x'.repeat(10)), bus.tryIngestRaw('x'.repeat(11))]).toEqual(['accepted', 'too-large']);
});

test('I2 key and headers up to 65,535 bytes with their lengths are taken, more is TooLarge', async () => {
  const { bus } = await openBus({ ringBytes: 1_048_576 });
  expect(bus.tryIngestRaw('x', { key: 'k'.repeat(65_533) })).toBe('accepted');
  expect(bus.tryIngestRaw('x', { key: 'k'.repeat(65_534) })).toBe('too-large');
  expect(bus.tryIngest(1, { key: 'k', headers: { name: 'v'.repeat(65_524) } })).toBe('accepted');
  expect(bus.tryIngest(1, { key: 'k', headers: { name: 'v'.repeat(65_525) } })).toBe('too-large');
  expect(failure(() => bus.ingest(1, { key: 'k'.repeat(70_000) }))).toMatchObject({ message: /65,535 bytes/ });
});

test.each(['drop-oldest', 'drop-newest', 'block', { sample: 1 }] as const)(
  'I2, I4 what is longer than a whole ring with its key is TooLarge in mode %o, and neither evicts nor waits',
  async (backpressure) => {
    const { bus } = await openBus({ backpressure, ringBytes: 256, maxEventBytes: 128 });
    for (let nth = 0; nth < 4; nth += 1) expect(bus.tryIngestRaw('x')).toBe('accepted');
    expect(bus.tryIngestRaw('x', { key: 'k'.repeat(300) })).toBe('too-large');
    expect(bus.tryIngestRaw(Buffer.alloc(128), { key: 'k'.repeat(100) })).toBe('too-large');
    expect([bus.stats.eventsPending, bus.stats.eventsDropped, bus.stats.eventsWaiting]).toEqual([4, 0, 0]);
  },
);

test('I5 what is longer than a whole ring does not wait behind those that do', async () => {
  const { bus } = await openBus({ backpressure: 'block', ringCapacity: 1, ringBytes: 256, maxEventBytes: 128 });
  void bus.ingestRaw('x');
  void bus.ingestRaw('waits');
  await expect(bus.ingestRaw('x', { key: 'k'.repeat(300) })).rejects.toMatchObject({
    kind: 'TooLarge',
    message: expect.stringMatching(/ringBytes, 256 bytes/),
  });
  expect(bus.stats.eventsWaiting).toBe(1);
});
