// The server that leads a stream of three replicas is killed while numbered events are ingested. Once another one leads,
// what a resolved flush covered is there once and in order, also for a reader that starts anew.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jetstream } from '../../src/adapters/jetstream/index.ts';
import { EventBus, type StoredEvent } from '../../src/index.ts';
import { within } from '../../src/testing/index.ts';
import { NumberedProducer } from '../faults/brokers/numbered-producer.ts';
import { NatsCluster } from '../support/servers/nats-cluster.ts';

/** Enough that every shard has batches on their way. */
const MORE = 2000;
const ELECTION_MS = 60_000;

let cluster: NatsCluster;

beforeAll(async () => {
  cluster = await NatsCluster.start();
});
afterAll(() => cluster.dispose());

type Packing = 'event' | 'batch';

function open(packing: Packing): Promise<EventBus<unknown, 'block'>> {
  return EventBus.create({
    adapter: jetstream(cluster.urls, { prefix: packing, packing, replicas: 3 }),
    shards: 4,
    backpressure: 'block',
    ringCapacity: 1000,
    batch: { maxEvents: 100 },
    adapterTimeoutMs: 2000,
    retry: { baseDelayMs: 5, maxDelayMs: 100 },
  });
}

/** All that a poll gives until it says that there is no more; a page that could not be read is asked for again. */
async function readAll(bus: EventBus<unknown, 'block'>): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let from: string | undefined, more = true; more; ) {
    const page = await bus.poll({ limit: 1000, from }).catch((error: unknown) => {
      expect(error).toMatchObject({ kind: 'Adapter', cause: { kind: 'Transient' } });
    });
    if (page === undefined) continue;
    expect(page.gaps).toEqual([]);
    events.push(...page.events);
    from = page.cursor;
    more = page.hasMore || page.failedShards.length > 0;
  }
  return events;
}

/** Every number once, and those of a shard in their order. */
function check(events: readonly StoredEvent[], count: number, packing: Packing): void {
  const numbers = events.map((event) => Number(event.text().split(':')[1]));
  expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, n) => n));
  expect(new Set(events.map(({ id }) => id)).size).toBe(count);
  if (packing === 'event') return; // One that was refused and sent again may lie behind its successors.
  for (let shard = 0; shard < 4; shard += 1) {
    const own = events.filter((event) => event.shard === shard).map(({ sequence }) => sequence);
    expect(own).toEqual(own.map((_, nth) => nth));
  }
}

test.each(['event', 'batch'] as const)(
  'A2 D3 F1 what a flush covered is there once after the leader was killed, packing %s',
  async (packing) => {
    const bus = await open(packing);
    const producer = new NumberedProducer(bus, 'own');
    producer.start();
    await within(ELECTION_MS, () => producer.covered >= MORE);
    const leader = await cluster.leaderOf(packing);
    await leader.kill();
    const before = producer.covered;
    await within(ELECTION_MS, () => producer.covered >= before + MORE);
    await leader.up(); // Behind, at first: a reader whose consumer it hosts must not take its end for the end.
    const count = producer.covered;
    const again = await open(packing);
    const early = new Set((await readAll(again)).map((event) => Number(event.text().split(':')[1])));
    expect(Array.from({ length: count }, (_, n) => n).filter((n) => !early.has(n))).toEqual([]);
    const account = await producer.stop();
    expect(account).toMatchObject({ eventsIngested: producer.covered, eventsDispatched: producer.covered });
    expect([account.eventsDropped, account.eventsPending]).toEqual([0, 0]);
    check(await readAll(again), producer.covered, packing);
    await again.shutdown();
  },
);
