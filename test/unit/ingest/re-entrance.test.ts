// Code of the caller runs within ingest in one place alone, before anything is staged: it may call the bus.
import { expect, test } from 'vitest';
import type { EventBus } from '../../../src/bus/event-bus.ts';
import { feed, type OpenBus, openBus } from '../../support/open-bus.ts';
import { takenEvents } from '../../support/taken-events.ts';

async function taken({ adapter, environment }: OpenBus): Promise<[string, string | undefined][]> {
  adapter.hold = false;
  for (const call of adapter.calls) call.take();
  await environment.turn();
  await environment.turn();
  return takenEvents(adapter).map(({ bytes, key }) => [Buffer.from(bytes).toString(), key]);
}

/** An object with one more property, which runs code before it gives its value. */
function withGetter(name: string, run: () => unknown, value: unknown, rest: object = {}): Record<string, string> {
  const get = (): unknown => {
    run();
    return value;
  };
  return Object.defineProperty(rest, name, { enumerable: true, get }) as Record<string, string>;
}

test('I1 no method of the adapter is called before the event loop turns', async () => {
  const open = await openBus({ batch: { maxEvents: 1, maxDelayMs: 0 } });
  for (let nth = 0; nth < 100; nth += 1) open.bus.ingest({ nth });
  open.bus.ingestBatch([1, 2, 3]);
  await Promise.resolve();
  expect([open.adapter.calls.length, open.adapter.flushes]).toEqual([0, 0]);
  await open.environment.turn();
  expect(open.adapter.calls).toHaveLength(1);
});

test('I1 a toJSON that ingests gets its event in first, and both are whole', async () => {
  const open = await openBus();
  const value = {
    toJSON: () => {
      open.bus.ingest('inner', { key: 'inner key', headers: { a: 'b' } });
      return 'outer';
    },
  };
  open.bus.ingest(value, { key: 'outer key' });
  open.bus.ingest(value);
  expect(await taken(open)).toEqual([
    ['"inner"', 'inner key'],
    ['"outer"', 'outer key'],
    ['"inner"', 'inner key'],
    ['"outer"', undefined],
  ]);
});

const GETTERS: Record<string, (run: () => unknown) => object> = {
  'the key': (run) => withGetter('key', run, 'outer key'),
  'the headers': (run) => withGetter('headers', run, { a: 'outer' }, { key: 'outer key' }),
  'a header': (run) => ({ key: 'outer key', headers: withGetter('a', run, 'outer') }),
  'the signal': (run) => withGetter('signal', run, undefined, { key: 'outer key' }),
};

test.each(Object.keys(GETTERS))('I1 a getter of %s that ingests leaves both events whole', async (name) => {
  for (const send of ['ingest', 'ingestRaw', 'tryIngest', 'tryIngestRaw'] as const) {
    const open = await openBus();
    const options = GETTERS[name]?.(() => open.bus.ingestRaw('inner', { key: 'inner key' }));
    open.bus[send]('outer', options);
    const events = await taken(open);
    const outer = events.find(([text]) => text.includes('outer'));
    expect(outer?.[1]).toBe('outer key');
    expect(
      events.filter((event) => event !== outer).every(([text, key]) => text === 'inner' && key === 'inner key'),
    ).toBe(true);
  }
});

test('I1 a getter of the signal that ingests does not change which event waits', async () => {
  const open = await openBus({ backpressure: 'block', ringCapacity: 1 });
  await feed(open, 2);
  let inner = 0;
  const ingestInner = (): void => {
    inner += 1;
    open.bus.tryIngestRaw('inner', { key: 'inner key' });
  };
  const options = withGetter('signal', ingestInner, undefined, { key: 'outer key' });
  void open.bus.ingestRaw('outer', options);
  expect(open.bus.stats.eventsWaiting).toBe(1);
  expect(inner).toBeGreaterThan(0);
  open.adapter.hold = false;
  open.adapter.last.take();
  await open.environment.advance(10);
  expect(await taken(open)).toContainEqual(['outer', 'outer key']);
});

test('I1 a proxy that ingests while it is looked at is refused, and the inner event is whole', async () => {
  const open = await openBus();
  const proxy = new Proxy(new Uint8Array(4), {
    getPrototypeOf: () => {
      open.bus.ingestRaw('inner', { key: 'inner key' });
      return Uint8Array.prototype;
    },
    get: (target, name) => {
      open.bus.ingestRaw('inner', { key: 'inner key' });
      return Reflect.get(target, name);
    },
  });
  expect(open.bus.tryIngestRaw(proxy, { key: 'outer key' })).toBe('serialization');
  const events = await taken(open);
  expect(events.every(([text, key]) => text === 'inner' && key === 'inner key')).toBe(true);
});

const SHUTS_DOWN: Record<string, (bus: EventBus, run: () => void) => string> = {
  'a toJSON': (bus, run) => bus.tryIngest(withGetter('toJSON', run, () => 1)),
  'the key': (bus, run) => bus.tryIngest(1, withGetter('key', run, 'k')),
  'a header of bytes': (bus, run) => bus.tryIngestRaw('x', { headers: withGetter('a', run, 'b') }),
};

test.each(Object.keys(SHUTS_DOWN))('I1 %s that shuts the bus down: the event is refused, not lost', async (name) => {
  const { bus, environment } = await openBus();
  let closed: Promise<unknown> | undefined;
  const outcome = SHUTS_DOWN[name]?.(bus, () => {
    closed ??= bus.shutdown();
  });
  expect(outcome).toBe('shutting-down');
  await environment.advance(10);
  await closed;
  expect([bus.stats.eventsIngested, bus.stats.rejectedByOutcome['shutting-down']]).toEqual([0, 1]);
});

test('an iterable of ingestBatch that ingests on its own comes before the batch', async () => {
  const open = await openBus();
  const { bus } = open;
  function* events(): Generator<number> {
    bus.ingest('inner');
    yield 1;
    bus.ingest('inner');
    yield 2;
  }
  expect(bus.ingestBatch(events())).toEqual({ accepted: 2, rejected: [] });
  expect((await taken(open)).map(([text]) => text)).toEqual(['"inner"', '"inner"', '1', '2']);
});
