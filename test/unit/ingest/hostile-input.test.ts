// Whatever is handed in: tryIngest never throws, ingest throws an IngestionError, the bus goes on.
import vm from 'node:vm';
import { describe, expect, test } from 'vitest';
import { IngestionError } from '../../../src/errors/ingestion-error.ts';
import { Event } from '../../../src/event/event.ts';
import { RawEvent } from '../../../src/event/raw-event.ts';
import type { IngestOptions } from '../../../src/ingest/ingest-options.ts';
import { failure } from '../../support/failure.ts';
import { openBus } from '../../support/open-bus.ts';
import { takenTexts } from '../../support/taken-events.ts';

const throws = (): never => {
  throw new Error('a trap');
};

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function detached(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  return bytes;
}

function lying(length: unknown): Uint8Array {
  return Object.defineProperty(new Uint8Array(5000), 'length', { value: length });
}

function cycle(): object {
  const value: { self?: unknown } = {};
  value.self = value;
  return value;
}

const hostileProxy = new Proxy({}, { get: throws, has: throws, getPrototypeOf: throws, ownKeys: throws });
const mark = Symbol.for('meshbus.RawEvent');

/** Neither JSON nor bytes. */
const NEITHER: Record<string, unknown> = {
  undefined: undefined,
  'a function': () => 1,
  'a symbol': Symbol('x'),
  'a BigInt': 1n,
  'a cycle': cycle(),
  'a BigInt inside': { n: 1n },
  'a toJSON that throws': { toJSON: throws },
  'a toJSON that throws null': {
    toJSON: () => {
      throw null;
    },
  },
  'a toJSON that gives undefined': { toJSON: () => undefined },
  'a getter that throws': Object.defineProperty({}, 'x', { enumerable: true, get: throws }),
  'a proxy that throws': hostileProxy,
  'a proxy of an array that throws': new Proxy(new Uint8Array(4), { get: throws, getPrototypeOf: throws }),
  'a revoked proxy': revoked(),
  'a toStringTag that throws': Object.defineProperty({ toJSON: throws }, Symbol.toStringTag, { get: throws }),
  'an Event around a BigInt': new Event(1n),
  'an Event around bytes': new Event(Buffer.from('x')),
};

/** Bytes that are no JSON value. */
const BYTES: Record<string, unknown> = {
  'a Buffer': Buffer.from('x'),
  'a DataView': new DataView(new ArrayBuffer(1)),
  'an ArrayBuffer': new ArrayBuffer(1),
  'a SharedArrayBuffer': new SharedArrayBuffer(1),
  'a Float64Array': new Float64Array(1),
  'a Uint8Array of another realm': vm.runInNewContext('new Uint8Array(2)'),
  'a RawEvent': RawEvent.fromString('{}'),
  'an Event around a RawEvent': new Event(RawEvent.fromString('{}')),
};

/** What ingestRaw does not take. */
const NO_BYTES: Record<string, unknown> = {
  null: null,
  'a number': 5,
  'an object': {},
  'an Event': new Event(1),
  'a forged RawEvent': { [mark]: { bytes: 'no bytes', hashed: true, low: 'x', high: {} } },
  'a RawEvent forged from a number': { [mark]: 5 },
  'a RawEvent whose mark throws': Object.defineProperty({}, mark, { get: throws }),
  'a lone surrogate': 'a\ud800b',
  'half an emoji': '😀'.slice(0, 1),
  'a Uint16Array': new Uint16Array(1),
  'a proxy of a Uint8Array': new Proxy(new Uint8Array(1), {}),
  'what inherits from Uint8Array': Object.create(Uint8Array.prototype),
  'a transferred array': detached(),
  'an array that says it is shorter': lying(5),
  'an array whose length is a BigInt': lying(5n),
  'an array whose length is no number': lying({ valueOf: throws }),
};

const OPTIONS: Record<string, unknown> = {
  null: null,
  'a number': 5,
  'a text': 'key',
  'an unknown name': { kye: 'k' },
  'a key that is no text': { key: 5 },
  'a key that is null': { key: null },
  'a key with a lone surrogate': { key: '\udc00' },
  'a key that throws': {
    get key() {
      return throws();
    },
  },
  'headers that are a list': { headers: ['a'] },
  'headers that are null': { headers: null },
  'a header that is a number': { headers: { a: 5 } },
  'a header that is a symbol': { headers: { a: Symbol('x') } },
  'a header with a lone surrogate': { headers: { a: '\ud800' } },
  'a name with a lone surrogate': { headers: { '\ud800': 'a' } },
  'headers that throw': { headers: hostileProxy },
  'a signal that is none': { signal: {} },
  'a signal that is null': { signal: null },
  'a signal that throws': {
    get signal() {
      return throws();
    },
  },
  'a proxy that throws': hostileProxy,
  'a revoked proxy': revoked(),
};

describe.each(['drop-newest', 'block'] as const)('in mode %s', (backpressure) => {
  const refused = async (method: 'ingest' | 'ingestRaw', event: unknown, options?: IngestOptions): Promise<void> => {
    const { bus, adapter, environment } = await openBus({ backpressure });
    expect(bus[method === 'ingest' ? 'tryIngest' : 'tryIngestRaw'](event as string, options)).toBe('serialization');
    let error: unknown;
    if (backpressure === 'block') error = await Promise.resolve(bus[method](event as string, options)).catch((e) => e);
    else error = failure(() => bus[method](event as string, options));
    expect(error).toBeInstanceOf(IngestionError);
    expect(error).toMatchObject({ kind: 'Serialization', code: 'EBUS_SERIALIZATION', message: expect.any(String) });
    expect([bus.stats.eventsIngested, bus.stats.rejectedByOutcome.serialization]).toEqual([0, 2]);
    adapter.hold = false;
    expect(bus.tryIngestRaw('goes on')).toBe('accepted');
    await environment.turn();
    expect(takenTexts(adapter)).toEqual(['goes on']);
  };

  test.each(Object.keys(NEITHER))('A3, I6 %s is refused as a value and as bytes', async (name) => {
    await refused('ingest', NEITHER[name]);
    await refused('ingestRaw', NEITHER[name]);
  });

  test.each(Object.keys(BYTES))('I6 %s is refused as a value, and the message names ingestRaw', async (name) => {
    await refused('ingest', BYTES[name]);
    const { bus } = await openBus();
    expect(failure(() => bus.ingest(BYTES[name]))).toMatchObject({ message: expect.stringContaining('ingestRaw') });
  });

  test.each(Object.keys(NO_BYTES))('A3 %s is refused as bytes', async (name) => {
    await refused('ingestRaw', NO_BYTES[name]);
  });

  test.each(Object.keys(OPTIONS))('A3 options that are %s are refused', async (name) => {
    await refused('ingest', 1, OPTIONS[name] as IngestOptions);
    await refused('ingestRaw', 'x', OPTIONS[name] as IngestOptions);
  });
});

test('I6 what only looks hostile is taken', async () => {
  const { bus, adapter, environment } = await openBus();
  adapter.hold = false;
  const foreign = vm.runInNewContext('({ bytes: Uint8Array.of(120, 121), value: { a: [1] } })');
  expect(bus.tryIngest(foreign.value)).toBe('accepted');
  expect(bus.tryIngestRaw(foreign.bytes)).toBe('accepted');
  expect(bus.tryIngest('\ud800')).toBe('accepted');
  expect(bus.tryIngest(null)).toBe('accepted');
  expect(bus.tryIngest(Number.NaN)).toBe('accepted');
  expect(bus.tryIngest(new Proxy({ a: 1 }, {}))).toBe('accepted');
  expect(bus.tryIngest(Object.create(null))).toBe('accepted');
  expect(bus.tryIngest(1, {})).toBe('accepted');
  expect(bus.tryIngest(1, { key: undefined, headers: undefined, signal: undefined })).toBe('accepted');
  await environment.turn();
  expect(takenTexts(adapter)).toEqual(['{"a":[1]}', 'xy', '"\\ud800"', 'null', 'null', '{"a":1}', '{}', '1', '1']);
});

test('the error of a getter that throws an IngestionError of its own tells of this event', async () => {
  const { bus } = await openBus();
  const cause = new IngestionError('Backpressure', 'of another bus');
  const options = {
    get key(): string {
      throw cause;
    },
  };
  expect(failure(() => bus.ingest(1, options))).toMatchObject({ kind: 'Serialization', cause });
});

test('a value that is deeper than the stack is refused', async () => {
  const { bus } = await openBus();
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  expect(bus.tryIngest(deep)).toBe('serialization');
  expect(bus.tryIngest(1)).toBe('accepted');
});
