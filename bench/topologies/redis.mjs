// Redis Streams beside the official clients, on one server, in one run: 64-byte events in batches of 1,000, four batches
// under way at a time on either side, entries of the same fields. Reading beside the client's own XRANGE of the same entries.
import Redis from 'ioredis';
import { EventBus } from 'meshbus';
import { redis } from 'meshbus/redis';
import { createClient } from 'redis';
import { check, interleave, median, row } from '../support/measure.mjs';
import { fixedPayloads } from '../support/payloads.mjs';
import { withRedisServer } from '../support/redis-server.mjs';

const EVENTS = 100_000;
const PACKED = 1_000_000;
const BATCH = 1000;
const SHARDS = 4;
const HASH = '0123456789abcdef';
const NAME = '00000000000000ff-0000000000000001';
const STAMP = 1_700_000_000_000_000_000n;

export function run({ rounds }) {
  return withRedisServer(async (port) => {
    const client = await createClient({ url: `redis://127.0.0.1:${port}` }).connect();
    const other = new Redis(port);
    try {
      const context = { port, client, other, rounds, payloads: fixedPayloads().map((each) => Buffer.from(each)) };
      return [...(await writing(context)), ...(await reading(context))];
    } finally {
      client.destroy();
      other.disconnect();
    }
  });
}

async function writing({ client, other, payloads, port, rounds }) {
  const texts = payloads.map(String);
  const fresh = (work) => async () => {
    await client.flushAll();
    const result = await work();
    return result;
  };
  const cpu = { event: [], batch: [] };
  const filling = (packing, count) =>
    fresh(async () => {
      const time = await fill({ port, packing, payloads }, count);
      cpu[packing].push(time.cpu);
      return time.wall;
    });
  const times = await interleave(rounds, {
    nodeRedis: fresh(() => pipelines((nth) => sendNodeRedis(client, texts, nth))),
    ioredis: fresh(() => pipelines((nth) => sendIoredis(other, texts, nth))),
    event: filling('event', EVENTS),
    batch: filling('batch', PACKED),
  });
  const faster = times.nodeRedis.map((time, round) => Math.min(time, times.ioredis[round]));
  const yardstick = 'the faster pipeline of XADD';
  const note = `node-redis ${median(times.nodeRedis).toFixed(0)} ns, ioredis ${median(times.ioredis).toFixed(0)} ns`;
  return [
    row('redis: an entry per event', { ns: times.event, yardstick, yardstickNs: faster, target: 1 / 1.3, note }),
    row('redis: client CPU per event', {
      ns: cpu.event,
      yardstick: '1 µs',
      yardstickNs: cpu.event.map(() => 1000),
      target: 1,
    }),
    row('redis: packing batch', {
      ns: times.batch,
      yardstick: '2 M/s',
      yardstickNs: times.batch.map(() => 500),
      target: 1,
    }),
    row('redis: client CPU per event, packing batch', { ns: cpu.batch }),
  ];
}

/** Ingests and flushes; wall time and CPU time of this process, ns per event. */
async function fill({ port, packing, payloads }, count) {
  const bus = await openBus(port, packing);
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  for (let nth = 0; nth < count; nth += 1) {
    const waiting = bus.ingestRaw(payloads[nth % payloads.length]);
    if (bus.stats.eventsWaiting > 0) await waiting;
  }
  await bus.flush();
  const wall = Number(process.hrtime.bigint() - start) / count;
  const { user, system } = process.cpuUsage(cpu);
  check(bus.stats.eventsDispatched === count, 'all events dispatched');
  await bus.shutdown();
  return { wall, cpu: ((user + system) * 1000) / count };
}

function openBus(port, packing) {
  const adapter = redis(`redis://127.0.0.1:${port}`, { prefix: `bench-${packing}`, packing });
  return EventBus.create({ shards: SHARDS, backpressure: 'block', batch: { maxEvents: BATCH }, adapter });
}

/** Batches of commands, as many under way as the bus has shards. */
async function pipelines(send) {
  const start = process.hrtime.bigint();
  let next = 0;
  const lane = async () => {
    while (next < EVENTS / BATCH) {
      next += 1;
      await send(next - 1);
    }
  };
  await Promise.all(Array.from({ length: SHARDS }, lane));
  return Number(process.hrtime.bigint() - start) / EVENTS;
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

async function reading({ client, payloads, port, rounds }) {
  await client.flushAll();
  await fill({ port, packing: 'event', payloads }, EVENTS);
  await fill({ port, packing: 'batch', payloads }, PACKED);
  const [events, batches] = [await openBus(port, 'event'), await openBus(port, 'batch')];
  const times = await interleave(rounds, {
    client: () => timed(EVENTS, () => readClient(client)),
    event: () => timed(EVENTS, () => readBus(events)),
    batch: () => timed(PACKED, () => readBus(batches)),
  });
  await events.shutdown();
  await batches.shutdown();
  const yardstick = "the client's own XRANGE";
  return [
    row('redis: poll of entries per event', { ns: times.event, yardstick, yardstickNs: times.client, target: 1 }),
    row('redis: poll of packed batches', { ns: times.batch }),
  ];
}

async function timed(count, read) {
  const start = process.hrtime.bigint();
  check((await read()) === count, 'all events');
  return Number(process.hrtime.bigint() - start) / count;
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
