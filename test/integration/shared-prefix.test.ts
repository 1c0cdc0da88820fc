// Two buses write one prefix at the same time, on each broker and in both packings: names are distinct, both are complete,
// and a consumer on either sees both, whole.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jetstream } from '../../src/adapters/jetstream/index.ts';
import { redis } from '../../src/adapters/redis/index.ts';
import { EventBus, type StoredEvent } from '../../src/index.ts';
import { NatsServer } from '../support/servers/nats-server.ts';
import { RedisServer } from '../support/servers/redis-server.ts';

type Bus = EventBus<unknown, 'block'>;
type Packing = 'event' | 'batch';

const EACH = 2000;
const WHO = ['one', 'two'] as const;

let nats: NatsServer;
let server: RedisServer;

beforeAll(async () => {
  [nats, server] = await Promise.all([NatsServer.start(), RedisServer.start()]);
});
afterAll(async () => {
  await Promise.all([nats.dispose(), server.stop()]);
});

const BROKERS = {
  redis: (packing: Packing) => redis(server.url, { prefix: `shared-${packing}`, packing }),
  jetstream: (packing: Packing) => jetstream(nats.url, { prefix: `shared-${packing}`, packing }),
};

function openBus(broker: keyof typeof BROKERS, packing: Packing): Promise<Bus> {
  return EventBus.create({ shards: 2, backpressure: 'block', adapter: BROKERS[broker](packing) });
}

async function feed(bus: Bus, who: string): Promise<void> {
  for (let nth = 0; nth < EACH; nth += 1) await bus.ingestRaw(`${who}:${nth}`, { key: `${nth % 7}` });
  await bus.flush();
}

async function polled(bus: Bus): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let from: string | undefined, more = true; more; ) {
    const page = await bus.poll({ limit: 700, from });
    expect([page.gaps, page.failedShards]).toEqual([[], []]);
    events.push(...page.events);
    from = page.cursor;
    more = page.hasMore;
  }
  return events;
}

async function followed(bus: Bus): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const event of bus.subscribe({ from: 'earliest' })) {
    events.push(event);
    if (events.length === WHO.length * EACH) break;
  }
  return events;
}

/** Both are there, whole; each key of each in its order; no name twice. */
function check(events: readonly StoredEvent[]): void {
  expect(new Set(events.map(({ id }) => id)).size).toBe(WHO.length * EACH);
  expect(new Set(events.map(({ producer }) => producer)).size).toBe(WHO.length);
  for (const who of WHO) {
    const numbers = events
      .map((event) => event.text().split(':'))
      .filter(([each]) => each === who)
      .map(([, number]) => Number(number));
    expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: EACH }, (_, nth) => nth));
    for (let key = 0; key < 7; key += 1) {
      const own = numbers.filter((number) => number % 7 === key);
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
  }
}

for (const broker of ['redis', 'jetstream'] as const) {
  test.each(['event', 'batch'] as const)(`D3 two buses on one prefix of ${broker}, packing %s`, async (packing) => {
    const buses = await Promise.all(WHO.map(() => openBus(broker, packing)));
    // They follow while both write.
    const following = Promise.all(buses.map(followed));
    await Promise.all(buses.map((bus, nth) => feed(bus, WHO[nth] as string)));
    for (const events of await following) check(events);
    for (const bus of buses) check(await polled(bus));
    const accounts = await Promise.all(buses.map((bus) => bus.shutdown()));
    for (const account of accounts) expect(account).toMatchObject({ eventsIngested: EACH, eventsDispatched: EACH });
    const late = await openBus(broker, packing);
    check(await polled(late));
    await late.shutdown();
  });
}
