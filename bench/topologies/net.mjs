// The mesh between two processes of this machine: events that one ingests, until the other has them, beside core NATS through
// its official client and beside the bare TLS stream. 64-byte events, batches of 1,000, encrypted, stores in memory.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { connect as connectNats } from '@nats-io/transport-node';
import { EventBus, memory, net } from 'meshbus';
import { fill } from '../support/fill.mjs';
import { check, interleave, median, nsPerItemAsync, row, WARM_UPS } from '../support/measure.mjs';
import { startNatsServer } from '../support/nats-server.mjs';

const EVENTS = 1_000_000;
const PAYLOAD = Buffer.alloc(64, 120);
const PSK = '6d'.repeat(32);
const KIB_EVENTS = 200_000;
const KIB_PAYLOAD = Buffer.alloc(1024, 120);
const CHUNK = Buffer.alloc(65_536, 1);
const CHUNKS = 16 * 256;
/** A store that keeps all events of the catch-up; the others have the bounds of `memory()`. */
const ALL = { maxEvents: 100_000_000, maxBytes: 8 * 1024 ** 3 };
const PER_SECOND = 10_000;
const WAIT_BYTES = 1_048_576;

export async function run({ rounds, quick }) {
  const rows = [];
  for (const part of [
    () => throughput(rounds),
    () => latency(quick ? 2 : 10),
    () => catchUp(quick ? 1_000_000 : 10_000_000),
    () => stalled(rounds),
    () => fullMesh(rounds),
  ]) {
    rows.push(...(await part()));
  }
  return rows;
}

/** A process with a role; `said` resolves to the next message with a key. */
async function peer(role) {
  const child = fork(new URL('../support/net-peer.mjs', import.meta.url), [JSON.stringify({ psk: PSK, ...role })]);
  const said = async (key) => {
    for (;;) {
      const [message] = await once(child, 'message');
      if (key in message) return message[key];
    }
  };
  const ready = await said('ready');
  const want = (count) => {
    const done = said('done');
    child.send({ want: count });
    return done;
  };
  return { child, ready, said, want, stop: () => child.kill('SIGKILL') };
}

async function node(store = memory()) {
  const adapter = net({ psk: PSK, listen: 0, store });
  const bus = await EventBus.create({ adapter, shards: 1, batch: { maxEvents: 1000 }, backpressure: 'block' });
  return { bus, address: bus.stats.adapter.listening[0] };
}

async function linked(bus, count) {
  while (bus.stats.adapter.links.length < count) await delay(5);
}

async function throughput(rounds) {
  const server = await startNatsServer();
  const { bus, address } = await node();
  const stores = await peer({ kind: 'node', peers: [address], counts: true });
  const reader = await peer({ kind: 'nats', url: server.url });
  const nats = await connectNats({ servers: server.url });
  const end = await peer({ kind: 'stream' });
  const other = await node();
  const reads = await peer({ kind: 'node', peers: [other.address], subscribes: true });
  const long = await node();
  const longStores = await peer({ kind: 'node', peers: [long.address], counts: true });
  try {
    const entries = {
      nats: () => delivered(reader, () => publish(nats)),
      mesh: () => delivered(stores, () => fill(bus, EVENTS, [PAYLOAD])),
      kib: () => delivered(longStores, () => fill(long.bus, KIB_EVENTS, [KIB_PAYLOAD]), KIB_EVENTS),
      read: () => delivered(reads, () => fill(other.bus, EVENTS, [PAYLOAD])),
      stream: () => bare(end),
    };
    const times = await interleave(rounds, entries, WARM_UPS);
    const third = (bytes) => times.stream.map((time) => time * bytes * 3);
    const note = `bare TLS ${(1000 / median(times.stream)).toFixed(0)} MB/s`;
    const yardstick = 'core NATS, plain';
    return [
      row('mesh, until the other node has it', { ns: times.mesh, yardstick, yardstickNs: times.nats, target: 0.25 }),
      row('mesh, until the other side subscribed it', { ns: times.read, yardstick, yardstickNs: times.nats }),
      row('mesh, payloads of 64 bytes beside a third of bare TLS', {
        ns: times.mesh,
        yardstick: 'a third of the bytes of bare TLS',
        yardstickNs: third(PAYLOAD.length),
        target: 1,
        note,
      }),
      row('mesh, payloads of 1 KiB beside a third of bare TLS', {
        ns: times.kib,
        yardstick: 'a third of the bytes of bare TLS',
        yardstickNs: third(KIB_PAYLOAD.length),
        target: 1,
        note,
      }),
    ];
  } finally {
    for (const each of [stores, reader, end, reads, longStores]) each.stop();
    await Promise.all([...[bus, other.bus, long.bus].map((each) => each.shutdown()), nats.close()]);
    await server.stop();
  }
}

/** Nanoseconds per event from the first call until the other process has counted all. */
function delivered({ want }, send, count = EVENTS) {
  return nsPerItemAsync(count, async () => {
    const done = want(count);
    await send();
    check((await done) === count, 'every event once on the other side');
  });
}

async function publish(nats) {
  for (let n = 0; n < EVENTS; n += 1) {
    nats.publish('bench', PAYLOAD);
    if (n % 1000 === 999) await nats.flush();
  }
  await nats.flush();
}

/** Nanoseconds per byte. */
async function bare({ ready, want }) {
  const secret = Buffer.from(PSK, 'hex');
  const socket = connectTls({
    port: ready,
    host: '127.0.0.1',
    ciphers: 'TLS_AES_128_GCM_SHA256',
    minVersion: 'TLSv1.3',
    checkServerIdentity: () => undefined,
    pskCallback: () => ({ psk: secret, identity: 'bench' }),
  });
  await once(socket, 'secureConnect');
  const bytes = CHUNKS * CHUNK.length;
  const time = await nsPerItemAsync(bytes, async () => {
    const done = want(bytes);
    for (let n = 0; n < CHUNKS; n += 1) {
      socket.write(CHUNK);
      if (socket.writableLength > WAIT_BYTES) await once(socket, 'drain');
    }
    check((await done) >= bytes, 'all bytes of the stream');
  });
  socket.destroy();
  return time;
}

async function latency(seconds) {
  const { bus, address } = await node();
  const reads = await peer({ kind: 'node', peers: [address], subscribes: true, times: true });
  const payload = Buffer.alloc(64);
  const total = seconds * PER_SECOND;
  const done = reads.want(total);
  const start = performance.now();
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - start) * PER_SECOND) / 1000));
    for (; sent < due; sent += 1) {
      payload.writeBigUInt64BE(process.hrtime.bigint());
      bus.ingestRaw(payload);
    }
    await delay(1);
  }
  check((await done) === total, 'every event arrived');
  const told = reads.said('times');
  reads.child.send({ times: true });
  const times = (await told).sort((a, b) => a - b);
  reads.stop();
  await bus.shutdown();
  const at = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))];
  return [0.5, 0.99, 0.999].map((part) =>
    row(`mesh, ingest to subscribe at ${PER_SECOND}/s, p${part * 100}`, { ns: at(part) }),
  );
}

async function catchUp(events) {
  const { bus, address } = await node(memory(ALL));
  await fill(bus, events, [PAYLOAD]);
  let joins;
  const ns = await nsPerItemAsync(events, async () => {
    joins = await peer({ kind: 'node', peers: [address], counts: true, keeps: ALL });
  });
  await joins.want(events);
  joins.stop();
  await bus.shutdown();
  return [
    row(`mesh, a node joins ${(events / 1e6).toFixed(0)} M events behind`, { ns, note: 'process start included' }),
  ];
}

/** The rate to one peer beside a second one that stands still, relative to the rate without that one. */
async function stalled(rounds) {
  const { bus, address } = await node();
  const reads = await peer({ kind: 'node', peers: [address], counts: true });
  const stalls = await peer({ kind: 'node', peers: [address] });
  await linked(bus, 2);
  const one = () => delivered(reads, () => fill(bus, EVENTS, [PAYLOAD]));
  const times = await interleave(rounds, {
    both: one,
    stalled: async () => {
      stalls.child.kill('SIGSTOP');
      const time = await one();
      stalls.child.kill('SIGCONT');
      return time;
    },
  });
  for (const each of [reads, stalls]) each.stop();
  await bus.shutdown();
  const yardstick = 'both peers well';
  return [row('mesh, one of two peers stands still', { ns: times.stalled, yardstick, yardstickNs: times.both })];
}

/** Three nodes, each linked with both others, each ingesting a third; until each has all. */
async function fullMesh(rounds) {
  const a = await node();
  const b = await peer({ kind: 'node', peers: [a.address], counts: true });
  const c = await peer({ kind: 'node', peers: [a.address, b.ready], counts: true });
  await linked(a.bus, 2);
  const each = Math.floor(EVENTS / 3);
  const times = await interleave(rounds, {
    all: () =>
      nsPerItemAsync(3 * each, async () => {
        const before = a.bus.stats.adapter.eventsStored;
        const done = [b.want(3 * each), c.want(3 * each)];
        for (const peerOf of [b, c]) peerOf.child.send({ ingest: each });
        await fill(a.bus, each, [PAYLOAD]);
        for (const count of await Promise.all(done)) check(count === 3 * each, 'every event once at every node');
        while (a.bus.stats.adapter.eventsStored < before + 3 * each) await delay(1);
      }),
  });
  for (const peerOf of [b, c]) peerOf.stop();
  await a.bus.shutdown();
  return [row('mesh, three nodes in full mesh, each has all', { ns: times.all })];
}
