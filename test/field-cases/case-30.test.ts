// Field case 30: once a test fakes timers, everything that waits inside a library hangs.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { EventBus, memory } from '../../src/index.ts';

afterEach(() => {
  vi.useRealTimers();
});

async function useBus(bus: EventBus): Promise<bigint[]> {
  for (let n = 0; n < 10; n += 1) bus.ingest({ n });
  await bus.flush();
  const { events } = await bus.poll({ limit: 100, ordering: 'timestamp' });
  expect(events.map((event) => event.json())).toEqual(Array.from({ length: 10 }, (_, n) => ({ n })));
  await bus.shutdown();
  return events.map((event) => event.timestampNs);
}

describe('case 30 flush, poll and shutdown settle without a touch of the fake timers', () => {
  test('faked before create', async () => {
    vi.useFakeTimers();
    await useBus(await EventBus.create({ adapter: memory() }));
    expect(vi.getTimerCount()).toBe(0);
  });

  test('faked after create', async () => {
    const bus = await EventBus.create({ adapter: memory() });
    vi.useFakeTimers();
    await useBus(bus);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('everything faked that can be', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'setImmediate', 'Date', 'performance', 'hrtime'] });
    await useBus(await EventBus.create({ adapter: memory() }));
  });

  test('faked before the package is loaded', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'setImmediate', 'Date', 'performance', 'hrtime'] });
    vi.resetModules();
    const fresh = await import('../../src/index.ts');
    await useBus((await fresh.EventBus.create({ adapter: fresh.memory() })) as unknown as EventBus);
  });
});

test('case 30, T1 stamps go on increasing while a faked date jumps', async () => {
  const bus = await EventBus.create({ adapter: memory(), shards: 1 });
  vi.useFakeTimers({ toFake: ['Date'] });
  for (const year of ['1970', '2100', '1970', '2024']) {
    vi.setSystemTime(new Date(`${year}-01-01T00:00:00Z`));
    bus.ingest({ year });
    await bus.flush();
  }
  const { events } = await bus.poll({ limit: 10 });
  const stamps = events.map((event) => event.timestampNs);
  expect(events.map((event) => event.json())).toEqual(['1970', '2100', '1970', '2024'].map((year) => ({ year })));
  for (let nth = 1; nth < stamps.length; nth += 1) expect(stamps[nth]).toBeGreaterThan(stamps[nth - 1] as bigint);
  await bus.shutdown();
});

test('case 30, T1 a package that is loaded under a faked date of 1970 works, and its stamps increase', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 0 });
  vi.resetModules();
  const fresh = await import('../../src/index.ts');
  const stamps = await useBus((await fresh.EventBus.create({ adapter: fresh.memory() })) as unknown as EventBus);
  expect([...stamps].sort((a, b) => (a < b ? -1 : 1))).toEqual(stamps);
});
