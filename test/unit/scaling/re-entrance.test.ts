// Code of the caller that runs in the middle of the bus and changes its shards from there.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, test } from 'vitest';
import type { EventBus } from '../../../src/bus/event-bus.ts';
import { keysByShard, openBus, watch } from '../../support/open-bus.ts';

const FAILED = new TypeError('no');

function whole(bus: EventBus): void {
  const { eventsDispatched, eventsDropped, eventsIngested, eventsPending } = bus.stats;
  expect(eventsDispatched + eventsDropped + eventsPending).toBe(eventsIngested);
}

test('A1 signals that remove a shard while waiters are let in: each waiter is in once', async () => {
  const options = {
    backpressure: 'block',
    shards: 2,
    ringCapacity: 4,
    batch: { maxEvents: 4, maxDelayMs: 0 },
  } as const;
  const open = await openBus(options);
  const { adapter, bus, environment } = open;
  adapter.hold = false;
  const [key] = (await keysByShard(open)) as [string];
  adapter.hold = true;
  const before = bus.stats.eventsIngested;
  let removing: Promise<void> | undefined;
  let resolved = 0;
  for (let nth = 0; nth < 7; nth += 1) {
    const signal = {
      aborted: false,
      addEventListener: () => undefined,
      removeEventListener: () => {
        removing ??= bus.removeShards([0]);
      },
    } as unknown as AbortSignal;
    void Promise.resolve(bus.ingestRaw('waits', { key, signal })).then(() => {
      resolved += 1;
    });
  }
  expect(bus.stats.eventsWaiting).toBe(3);
  adapter.hold = false;
  await environment.advance(100);
  await removing;
  expect([resolved, bus.stats.eventsIngested - before, bus.stats.shards.length]).toEqual([7, 7, 1]);
  whole(bus);
});

test('a toJSON that removes the shard of its event: the event goes to another one', async () => {
  const open = await openBus({ shards: 2 });
  open.adapter.hold = false;
  const [key] = (await keysByShard(open)) as [string];
  const removing: Promise<void>[] = [];
  const value = {
    toJSON: () => {
      removing.push(open.bus.removeShards([0]));
      return 'x';
    },
  };
  expect(open.bus.tryIngest(value, { key })).toBe('accepted');
  expect(open.bus.stats.shards.find(({ shard }) => shard === 1)?.eventsPending).toBe(1);
  await open.environment.advance(1);
  await Promise.all(removing);
  whole(open.bus);
});

test('a dead-letter hook that removes its own shard: the shard goes once the hook has settled', async () => {
  let removing: Promise<void> | undefined;
  let end = (): void => undefined;
  const open = await openBus({
    shards: 2,
    onDeadLetter: ({ shard }: { readonly shard: number }) => {
      removing = open.bus.removeShards([shard]);
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    },
  });
  open.bus.ingestRaw('dead');
  await open.environment.turn();
  open.adapter.last.fail(FAILED);
  await open.environment.turn();
  expect(open.bus.stats.shards.map(({ state }) => state).sort()).toEqual(['active', 'draining']);
  end();
  await removing;
  expect(open.bus.stats.shards.length).toBe(1);
  whole(open.bus);
});

test('an adapter that changes shards from onBatch: all settle, and nothing is lost', async () => {
  const open = await openBus({ shards: 2 });
  const { adapter, bus, environment } = open;
  adapter.hold = false;
  const changes: Promise<unknown>[] = [];
  const take = adapter.onBatch.bind(adapter);
  adapter.onBatch = (batch, options) => {
    if (changes.length === 0) {
      bus.ingestRaw('from within');
      changes.push(bus.removeShards([batch.shard]), bus.addShards(2));
      bus.ingestRaw('from within, later');
    }
    return take(batch, options);
  };
  bus.ingestRaw('first');
  await environment.advance(10);
  await Promise.all(changes);
  expect(bus.stats.shards.length).toBe(3);
  expect(bus.stats).toMatchObject({ eventsIngested: 3, eventsDispatched: 3 });
});

test('a listener of findings that removes the wedged shard, then shuts down when it recovers: all is accounted for', async () => {
  const open = await openBus({ shards: 2, batch: { maxDelayMs: 0 } });
  const { adapter, bus, environment } = open;
  const ends: { removing?: Promise<void>; closing?: Promise<unknown> } = {};
  const listen = (message: unknown): void => {
    const { kind, shard } = message as { kind: string; shard: number };
    if (kind === 'lane-wedged') ends.removing = bus.removeShards([shard]);
    if (kind === 'lane-recovered') ends.closing = bus.shutdown();
  };
  subscribe('meshbus:finding', listen);
  bus.ingestRaw('hangs', { key: 'a' });
  await environment.advance(1000);
  bus.ingestRaw('elsewhere', { key: 'a' });
  adapter.hold = false;
  adapter.last.take();
  await environment.advance(1000);
  unsubscribe('meshbus:finding', listen);
  const [removed, closed] = [watch(ends.removing as Promise<void>), watch(ends.closing as Promise<unknown>)];
  await environment.turn();
  expect([removed.error, closed.error]).toEqual([undefined, undefined]);
  expect(bus.stats).toMatchObject({ eventsIngested: 2, eventsDispatched: 2, eventsPending: 0 });
});
