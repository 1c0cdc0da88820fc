// Two of three servers are gone: the stream has no quorum, and soon no leader. Events wait in the ring, the backpressure
// mode acts, nothing is dropped for it, and all that was taken is there once when the servers are back.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { jetstream } from '../../src/adapters/jetstream/index.ts';
import { EventBus } from '../../src/index.ts';
import { BatchMaker, within } from '../../src/testing/index.ts';
import { NEVER, openJetStream } from '../support/jetstream-store.ts';
import { NatsCluster } from '../support/servers/nats-cluster.ts';
import type { NatsServer } from '../support/servers/nats-server.ts';

const RING = 500;
const BACK_MS = 60_000;

let cluster: NatsCluster;

beforeEach(async () => {
  cluster = await NatsCluster.start();
});
afterEach(() => cluster.dispose());

/** Leaves one server: the one that leads the stream, or another one. */
async function killTwo(stream: string, kept: 'leader' | 'follower'): Promise<NatsServer[]> {
  const leader = await cluster.leaderOf(stream);
  const follower = cluster.servers.find((each) => each !== leader);
  const dead = cluster.servers.filter((each) => each !== (kept === 'leader' ? leader : follower));
  await Promise.all(dead.map((each) => each.kill()));
  return dead;
}

test.each(['leader', 'follower'] as const)(
  'A2 D2 I4 without a quorum events wait in the ring, and are stored once when it is back; the %s is left',
  async (kept) => {
    const adapter = jetstream(cluster.urls, { prefix: 'quorum', replicas: 3 });
    const bus = await EventBus.create({
      adapter,
      shards: 1,
      ringCapacity: RING,
      batch: { maxEvents: 100 },
      backpressure: 'drop-newest',
      adapterTimeoutMs: 1000,
      retry: { baseDelayMs: 5, maxDelayMs: 50 },
    });
    let accepted = 0;
    const offer = (): string => {
      const outcome = bus.tryIngestRaw(String(accepted));
      if (outcome === 'accepted') accepted += 1;
      return outcome;
    };
    for (let nth = 0; nth < 50; nth += 1) offer();
    await bus.flush();
    const dead = await killTwo('quorum', kept);
    await within(10_000, () => offer() === 'backpressure');
    // A failed attempt later it is as it was: no more than the ring and one batch waits, and none of it is given up.
    await within(20_000, () => bus.stats.shards[0]?.state === 'retrying');
    expect(offer()).toBe('backpressure');
    expect(bus.stats).toMatchObject({ eventsDispatched: 50, eventsDropped: 0, eventsPending: accepted - 50 });
    expect(bus.stats.eventsPending).toBeLessThanOrEqual(RING + 100);
    await Promise.all(dead.map((each) => each.up()));
    await within(BACK_MS, bus.flush());
    const { events, gaps } = await bus.poll({ limit: 10_000 });
    expect(gaps).toEqual([]);
    const numbers = events.map((event) => Number(event.text())).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: accepted }, (_, n) => n));
    const account = await bus.shutdown();
    expect(account).toMatchObject({ eventsIngested: accepted, eventsDispatched: accepted, eventsDropped: 0 });
  },
);

test('a start without a quorum fails with what may be the cause, and succeeds once it is back', async () => {
  const { adapter, close } = await openJetStream(cluster.urls, { prefix: 'quorum', replicas: 3 });
  await adapter.onBatch(new BatchMaker().batch(0, ['one']), { signal: NEVER });
  const dead = await killTwo('quorum', 'follower');
  const create = (adapterTimeoutMs: number) =>
    EventBus.create({ adapter: jetstream(cluster.urls, { prefix: 'quorum' }), shards: 1, adapterTimeoutMs });
  await expect(create(10_000)).rejects.toMatchObject({
    name: 'AdapterError',
    kind: 'Transient',
    message: expect.stringMatching(/quorum.*(without a leader|temporarily unavailable)/),
  });
  // The server may say so at once, or answer too late for a short time-out.
  await expect(create(200)).rejects.toMatchObject({
    name: 'AdapterError',
    message: expect.stringMatching(/within 200 ms|without a leader|temporarily unavailable/),
  });
  await Promise.all(dead.map((each) => each.up()));
  await cluster.leaderOf('quorum');
  const bus = await create(30_000);
  expect((await bus.poll({ limit: 10 })).events.map((event) => event.text())).toEqual(['one']);
  await bus.shutdown();
  await close();
});
