// JetStream on a server of its own: what the bus stores beside what the official client stores, and what it reads beside
// what the client reads of the same messages. 64-byte events, batches of 1,000, one under way at a time on either side, and
// four with whole frames, which no client has a counterpart of.
// All that is stored is counted and read.
import { jetstream as client, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { EventBus } from 'meshbus';
import { jetstream } from 'meshbus/jetstream';
import { fill } from '../support/fill.mjs';
import { check, interleave, row, WARM_UPS } from '../support/measure.mjs';
import { startNatsServer } from '../support/nats-server.mjs';
import { fixedPayloads } from '../support/payloads.mjs';
import { ceilingRow, cpuNote, pick, timedBatches, usage } from '../support/usage.mjs';

const BATCH = 1000;
const EVENTS = 50_000;
const MANY = 1_000_000;
/** Whole frames, over as many shards as a bus has by default; one shard is bound by its round trip. */
const SHARDS = 4;
const PAGE = 10_000;
const PAYLOADS = fixedPayloads();
/** 2 million events a second. */
const PACKED_NS = 500;

export async function run({ rounds }) {
  const server = await startNatsServer();
  const nats = await connect({ servers: server.url });
  try {
    const context = { server, nats, rounds };
    return [...(await storing(context)), ...(await ceilings(context)), ...(await reading(context))];
  } finally {
    await nats.close();
    await server.stop();
  }
}

async function storing(context) {
  const entries = {
    client: () => publishAll(context),
    event: () => store(context, { packing: 'event', events: EVENTS }),
    batch: () => store(context, { packing: 'batch', events: MANY }),
    shards: () => store(context, { packing: 'batch', events: MANY, shards: SHARDS }),
  };
  const times = await interleave(context.rounds, entries, WARM_UPS);
  return [
    row('store in JetStream, a message per event', {
      ns: pick('wall', times.event),
      yardstick: 'Promise.all(js.publish)',
      yardstickNs: pick('wall', times.client),
      target: 0.25,
      note: `${cpuNote(times.event)}; that of js.publish: ${cpuNote(times.client)}`,
    }),
    row('store in JetStream, packing batch, one shard', { ns: pick('wall', times.batch), note: cpuNote(times.batch) }),
    row('store in JetStream, packing batch', {
      ns: pick('wall', times.shards),
      yardstick: '2 M events/s',
      yardstickNs: times.shards.map(() => PACKED_NS),
      target: 1,
      note: cpuNote(times.shards),
    }),
  ];
}

async function ceilings(context) {
  const rows = [];
  for (const packing of ['event', 'batch']) {
    const { config, times } = timedBatches(jetstream(context.server.url, { prefix: `store-${packing}`, packing }));
    await store(context, { packing, events: EVENTS, adapter: config });
    rows.push(ceilingRow(`ceiling of a shard in JetStream, packing ${packing}`, times, BATCH));
  }
  return rows;
}

async function reading({ nats, rounds, server: { pid, url } }) {
  const bus = await openBus(jetstream(url, { prefix: 'read', packing: 'event' }));
  await fill(bus, EVENTS, PAYLOADS);
  const packed = await openBus(jetstream(url, { prefix: 'packed', packing: 'batch' }));
  await fill(packed, MANY, PAYLOADS);
  const read = (items, work) => () => usage({ items, pid }, async () => check((await work()) === items, 'all events'));
  const times = await interleave(rounds, {
    client: read(EVENTS, () => consumeAll(nats, 'read')),
    poll: read(EVENTS, () => scan(bus)),
    packed: read(MANY, () => scan(packed)),
  });
  await bus.shutdown();
  await packed.shutdown();
  return [
    row('read from JetStream, a message per event', {
      ns: pick('wall', times.poll),
      yardstick: "the client's ordered consumer",
      yardstickNs: pick('wall', times.client),
      target: 1,
      note: `${cpuNote(times.poll)}; that of the consumer: ${cpuNote(times.client)}`,
    }),
    row('read from JetStream, packing batch', { ns: pick('wall', times.packed), note: cpuNote(times.packed) }),
  ];
}

function openBus(adapter, shards = 1) {
  return EventBus.create({ adapter, shards, batch: { maxEvents: BATCH }, backpressure: 'block' });
}

async function store({ nats, server: { pid, url } }, { packing, events, adapter, shards }) {
  const prefix = `store-${packing}`;
  const bus = await openBus(adapter ?? jetstream(url, { prefix, packing }), shards);
  const taken = await usage({ items: events, pid }, () => fill(bus, events, PAYLOADS));
  check(bus.stats.eventsDispatched === events, 'all events dispatched');
  await bus.shutdown();
  const messages = packing === 'event' ? events : events / BATCH;
  check((await countMessages(nats, prefix)) >= messages, 'the stream has them all');
  await remove(nats, prefix);
  return taken;
}

/** What the client's documentation shows for many messages: publish, and await them together. */
async function publishAll({ nats, server: { pid } }) {
  const manager = await jetstreamManager(nats);
  await manager.streams.add({ name: 'client', subjects: ['client.*.*'] });
  const js = client(nats);
  const taken = await usage({ items: EVENTS, pid }, async () => {
    for (let at = 0; at < EVENTS; at += BATCH) {
      const batch = Array.from({ length: BATCH }, (_, nth) =>
        js.publish('client.0.p', PAYLOADS[(at + nth) % PAYLOADS.length], { msgID: `p/0/${at + nth}` }),
      );
      await Promise.all(batch);
    }
  });
  check((await countMessages(nats, 'client')) === EVENTS, 'the client stored all messages');
  await remove(nats, 'client');
  return taken;
}

async function countMessages(nats, stream) {
  const manager = await jetstreamManager(nats);
  return (await manager.streams.info(stream)).state.messages;
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
