// JetStream on a server of its own: what the bus stores beside what the official client stores, and what it reads beside
// what the client reads of the same messages. 64-byte events, batches of 1,000.
import { jetstream as client, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { EventBus } from 'meshbus';
import { jetstream } from 'meshbus/jetstream';
import { check, interleave, nsPerItemAsync, row } from '../support/measure.mjs';
import { startNatsServer } from '../support/nats-server.mjs';
import { fixedPayloads } from '../support/payloads.mjs';

const BATCH = 1000;
const EVENTS = 50_000;
const MANY = 1_000_000;
const PAGE = 10_000;
/** 2 million events a second. */
const PACKED_NS = 500;

export async function run({ rounds }) {
  const server = await startNatsServer();
  const nats = await connect({ servers: server.url });
  try {
    return [...(await storing(server.url, nats, rounds)), ...(await reading(server.url, nats, rounds))];
  } finally {
    await nats.close();
    await server.stop();
  }
}

async function storing(url, nats, rounds) {
  const times = await interleave(rounds, {
    client: () => publishAll(nats),
    event: () => store(url, nats, { packing: 'event', events: EVENTS }),
    batch: () => store(url, nats, { packing: 'batch', events: MANY }),
  });
  const yardstick = 'Promise.all(js.publish)';
  return [
    row('store in JetStream, a message per event', {
      ns: times.event,
      yardstick,
      yardstickNs: times.client,
      target: 0.25,
    }),
    row('store in JetStream, packing batch', {
      ns: times.batch,
      yardstick: '2 M events/s',
      yardstickNs: times.batch.map(() => PACKED_NS),
      target: 1,
    }),
  ];
}

async function reading(url, nats, rounds) {
  const bus = await EventBus.create({ ...settings(url, 'read', 'event'), backpressure: 'block' });
  await fill(bus, EVENTS);
  await bus.flush();
  const packed = await EventBus.create({ ...settings(url, 'packed', 'batch'), backpressure: 'block' });
  await fill(packed, MANY);
  await packed.flush();
  const times = await interleave(rounds, {
    client: () => nsPerItemAsync(EVENTS, async () => check((await consumeAll(nats, 'read')) === EVENTS, 'the client')),
    poll: () => nsPerItemAsync(EVENTS, async () => check((await scan(bus)) === EVENTS, 'all events')),
    packed: () => nsPerItemAsync(MANY, async () => check((await scan(packed)) === MANY, 'all packed events')),
  });
  await bus.shutdown();
  await packed.shutdown();
  return [
    row('read from JetStream, a message per event', {
      ns: times.poll,
      yardstick: "the client's ordered consumer",
      yardstickNs: times.client,
      target: 1,
    }),
    row('read from JetStream, packing batch', { ns: times.packed }),
  ];
}

function settings(url, prefix, packing) {
  return { adapter: jetstream(url, { prefix, packing }), shards: 1, batch: { maxEvents: BATCH } };
}

async function store(url, nats, { packing, events }) {
  const bus = await EventBus.create({ ...settings(url, `store-${packing}`, packing), backpressure: 'block' });
  const time = await nsPerItemAsync(events, async () => {
    await fill(bus, events);
    await bus.flush();
  });
  check(bus.stats.eventsDispatched === events, 'all events dispatched');
  await bus.shutdown();
  await remove(nats, `store-${packing}`);
  return time;
}

/** What the client's documentation shows for many messages: publish, and await them together. */
async function publishAll(nats) {
  const manager = await jetstreamManager(nats);
  await manager.streams.add({ name: 'client', subjects: ['client.*.*'] });
  const js = client(nats);
  const payloads = fixedPayloads();
  const time = await nsPerItemAsync(EVENTS, async () => {
    for (let at = 0; at < EVENTS; at += BATCH) {
      const batch = Array.from({ length: BATCH }, (_, nth) =>
        js.publish('client.0.p', payloads[(at + nth) % payloads.length], { msgID: `p/0/${at + nth}` }),
      );
      await Promise.all(batch);
    }
  });
  const { state } = await manager.streams.info('client');
  check(state.messages === EVENTS, 'the client stored all messages');
  await remove(nats, 'client');
  return time;
}

async function remove(nats, stream) {
  const manager = await jetstreamManager(nats);
  await manager.streams.delete(stream);
}

async function consumeAll(nats, stream) {
  const consumer = await client(nats).consumers.get(stream, { filter_subjects: `${stream}.0.*` });
  const messages = await consumer.consume({ max_messages: PAGE });
  let count = 0;
  let read = 0;
  for await (const message of messages) {
    read += message.data.length + message.seq;
    count += 1;
    if (message.info.pending === 0) break;
  }
  check(read > 0, 'bytes');
  return count;
}

async function fill(bus, count) {
  const payloads = fixedPayloads();
  for (let n = 0; n < count; n += 1) {
    const waiting = bus.ingestRaw(payloads[n % payloads.length]);
    if (bus.stats.eventsWaiting > 0) await waiting;
  }
}

async function scan(bus) {
  let count = 0;
  let read = 0;
  let from;
  for (let more = true; more; ) {
    const page = await bus.poll({ limit: PAGE, from });
    for (const event of page.events) {
      read += event.bytes.length + event.sequence;
      if (event.timestampNs > 0n) count += 1;
    }
    from = page.cursor;
    more = page.hasMore;
  }
  check(read > 0, 'bytes');
  return count;
}
