// Redis Streams beside the official clients, on one server, in one run: 64-byte events in batches of 1,000, four batches
// under way at a time on either side, entries of the same fields; whole frames beside a client that has them ready. Reading
// beside the client's own XRANGE of the same entries, as strings and as bytes. All that is stored is counted and read.
import Redis from 'ioredis';
import { EventBus } from 'meshbus';
import { redis } from 'meshbus/redis';
import { createClient, RESP_TYPES } from 'redis';
import { fill } from '../support/fill.mjs';
import { check, interleave, median, row, WARM_UPS } from '../support/measure.mjs';
import { fixedPayloads } from '../support/payloads.mjs';
import { withRedisServer } from '../support/redis-server.mjs';
import { ceilingRow, cpuNote, pick, timedBatches, usage } from '../support/usage.mjs';

const EVENTS = 100_000;
const PACKED = 1_000_000;
const BATCH = 1000;
const SHARDS = 4;
const HASH = '0123456789abcdef';
const NAME = '00000000000000ff-0000000000000001';
const STAMP = 1_700_000_000_000_000_000n;

export function run({ rounds }) {
  return withRedisServer(async (port, pid) => {
    const client = await createClient({ url: `redis://127.0.0.1:${port}` }).connect();
    const other = new Redis(port);
    try {
      const payloads = fixedPayloads().map((each) => Buffer.from(each));
      const context = { port, pid, client, other, rounds, payloads };
      return [...(await writing(context)), ...(await ceilings(context)), ...(await reading(context))];
    } finally {
      client.destroy();
      other.disconnect();
    }
  });
}

async function writing(context) {
  const { client, other, payloads, pid, rounds } = context;
  const texts = payloads.map(String);
  const fresh = (items, work) => async () => {
    await client.flushAll();
    const result = await usage({ items, pid }, work);
    check((await countEntries(client)) === items, 'every event is stored');
    return result;
  };
  const frame = Buffer.alloc(96 * BATCH, 'x');
  const entries = {
    nodeRedis: fresh(EVENTS, () => lanes(EVENTS, (nth) => sendNodeRedis(client, texts, nth))),
    ioredis: fresh(EVENTS, () => lanes(EVENTS, (nth) => sendIoredis(other, texts, nth))),
    event: () => store(context, { packing: 'event', count: EVENTS }),
    frames: fresh(PACKED, () => lanes(PACKED, (nth) => sendFrame(client, frame, nth))),
    batch: () => store(context, { packing: 'batch', count: PACKED }),
  };
  const times = await interleave(rounds, entries, WARM_UPS);
  return [...eventRows(times), ...batchRows(times)];
}

function eventRows({ event, ioredis, nodeRedis }) {
  const yardstick = 'the faster pipeline of XADD';
  const ofClients = [nodeRedis, ioredis].map((each) => pick('wall', each));
  const faster = ofClients[0].map((time, round) => Math.min(time, ofClients[1][round]));
  const [ofNodeRedis, ofIoredis] = ofClients.map((each) => median(each).toFixed(0));
  const note = `node-redis ${ofNodeRedis} ns, ioredis ${ofIoredis} ns; ${cpuNote(event)}`;
  const target = 1 / 1.3;
  return [
    row('redis: an entry per event', { ns: pick('wall', event), yardstick, yardstickNs: faster, target, note }),
    row('redis: client CPU per event', {
      ns: pick('cpu', event),
      yardstick: '1 µs',
      yardstickNs: event.map(() => 1000),
      target: 1,
      note: `node-redis: ${cpuNote(nodeRedis)}; ioredis: ${cpuNote(ioredis)}`,
    }),
  ];
}

function batchRows({ batch, frames }) {
  const ns = pick('wall', batch);
  return [
    row('redis: packing batch', {
      ns,
      yardstick: '2 M/s',
      yardstickNs: ns.map(() => 500),
      target: 1,
      note: cpuNote(batch),
    }),
    row('redis: packing batch beside ready frames', {
      ns,
      yardstick: "the client's XADD of as many bytes",
      yardstickNs: pick('wall', frames),
      note: cpuNote(frames),
    }),
  ];
}

/** With one shard, so that a batch waits for none but itself. */
async function ceilings(context) {
  const { port } = context;
  const rows = [];
  for (const packing of ['event', 'batch']) {
    const { config, times } = timedBatches(adapterOf(port, packing));
    await store(context, { packing, count: EVENTS, shards: 1, adapter: config });
    rows.push(ceilingRow(`redis: ceiling of a shard, packing ${packing}`, times, BATCH));
  }
  return rows;
}

/** Into an empty server. The connection is there before the clock runs, as that of the clients is. */
async function store({ client, payloads, pid, port }, { packing, count, shards, adapter = adapterOf(port, packing) }) {
  await client.flushAll();
  const bus = await openBus(adapter, shards);
  const taken = await usage({ items: count, pid }, () => fill(bus, count, payloads));
  check(bus.stats.eventsDispatched === count, 'all events dispatched');
  await bus.shutdown();
  check((await countEntries(client)) === count, 'every event is stored');
  return taken;
}

/** Events in all streams: an entry's id counts them, whatever it holds. */
async function countEntries(client) {
  let count = 0;
  for await (const keys of client.scanIterator({ MATCH: '*', TYPE: 'stream' })) {
    for (const key of keys.filter((each) => /:\d+\}$|^s-/.test(each))) {
      const { 'last-generated-id': last, length } = await client.xInfoStream(key);
      count += key.startsWith('{') ? Number(last.split('-')[1]) : length * (key.startsWith('s-frame') ? BATCH : 1);
    }
  }
  return count;
}

function adapterOf(port, packing) {
  return redis(`redis://127.0.0.1:${port}`, { prefix: `bench-${packing}`, packing });
}

function openBus(adapter, shards = SHARDS) {
  return EventBus.create({ shards, backpressure: 'block', batch: { maxEvents: BATCH }, adapter });
}

/** Batches of commands, as many under way as the bus has shards. */
async function lanes(count, send) {
  let next = 0;
  const lane = async () => {
    while (next < count / BATCH) {
      next += 1;
      await send(next - 1);
    }
  };
  await Promise.all(Array.from({ length: SHARDS }, lane));
}

async function sendFrame(client, frame, nth) {
  await client.sendCommand(['XADD', `s-frame-${nth % SHARDS}`, '*', 'frame', frame]);
}

async function sendNodeRedis(client, texts, nth) {
  const commands = client.multi();
  for (let at = nth * BATCH; at < (nth + 1) * BATCH; at += 1) {
    const id = `${NAME}/${nth % SHARDS}/${at}`;
    const time = String(STAMP + BigInt(at));
    commands.xAdd(`s-${nth % SHARDS}`, '*', { payload: texts[at % texts.length], time, id, hash: HASH });
  }
  await commands.execAsPipeline();
}

async function sendIoredis(other, texts, nth) {
  const commands = other.pipeline();
  for (let at = nth * BATCH; at < (nth + 1) * BATCH; at += 1) {
    const id = `${NAME}/${nth % SHARDS}/${at}`;
    const time = String(STAMP + BigInt(at));
    const fields = ['payload', texts[at % texts.length], 'time', time, 'id', id, 'hash', HASH];
    commands.xadd(`s-${nth % SHARDS}`, '*', ...fields);
  }
  await commands.exec();
}

async function reading(context) {
  const { client, payloads, pid, port, rounds } = context;
  await client.flushAll();
  const [events, batches] = [await openBus(adapterOf(port, 'event')), await openBus(adapterOf(port, 'batch'))];
  await fill(events, EVENTS, payloads);
  await fill(batches, PACKED, payloads);
  const read = (items, work) => () => usage({ items, pid }, async () => check((await work()) === items, 'all events'));
  const times = await interleave(rounds, {
    client: read(EVENTS, () => readClient(client)),
    bytes: read(EVENTS, () => readClient(client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }))),
    event: read(EVENTS, () => readBus(events)),
    batch: read(PACKED, () => readBus(batches)),
  });
  await events.shutdown();
  await batches.shutdown();
  return [
    row('redis: poll of entries per event', {
      ns: pick('wall', times.event),
      yardstick: "the client's own XRANGE",
      yardstickNs: pick('wall', times.client),
      target: 1,
      note: `${cpuNote(times.event)}; that of XRANGE: ${cpuNote(times.client)}`,
    }),
    row('redis: poll of entries per event beside bytes', {
      ns: pick('wall', times.event),
      yardstick: "the client's XRANGE as Buffers",
      yardstickNs: pick('wall', times.bytes),
      note: `what payloads that need not be text take; that of XRANGE: ${cpuNote(times.bytes)}`,
    }),
    row('redis: poll of packed batches', { ns: pick('wall', times.batch), note: cpuNote(times.batch) }),
  ];
}

async function readClient(client) {
  let count = 0;
  let bytes = 0;
  for (let shard = 0; shard < SHARDS; shard += 1) {
    for (let from = '-', more = true; more; ) {
      const page = await client.xRange(`{bench-event:${shard}}`, from, '+', { COUNT: BATCH });
      for (const { message } of page) {
        bytes += message.payload.length;
        if (BigInt(message.time) > 0n && message.id.length > 0) count += 1;
      }
      from = `(${page.at(-1)?.id}`;
      more = page.length === BATCH;
    }
  }
  check(bytes === 64 * count, 'bytes');
  return count;
}

async function readBus(bus) {
  let count = 0;
  let bytes = 0;
  for (let from, more = true; more; ) {
    const page = await bus.poll({ limit: SHARDS * BATCH, from });
    for (const event of page.events) {
      bytes += event.text().length;
      if (event.timestampNs > 0n && event.id.length > 0) count += 1;
    }
    from = page.cursor;
    more = page.hasMore;
  }
  check(bytes === 64 * count, 'bytes');
  return count;
}
