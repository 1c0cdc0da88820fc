// The other process of the mesh's benchmark: a node, a subscriber of NATS, or the end of a bare TLS stream. It is told what
// to be in its argument, says `ready` with what it has to say, and `done` when it has counted what it was asked for.
import { createServer } from 'node:tls';
import { connect } from '@nats-io/transport-node';
import { EventBus, memory, net } from 'meshbus';
import { fill } from './fill.mjs';

const role = JSON.parse(process.argv[2]);
const say = (message) => process.send(message);
/** The parent asks for a number of items; `reached` is called as they come. */
const counter = () => {
  let count = 0;
  let wanted = Number.POSITIVE_INFINITY;
  const look = () => {
    if (count < wanted) return;
    const done = count;
    count = 0;
    wanted = Number.POSITIVE_INFINITY;
    say({ done });
  };
  process.on('message', ({ want }) => {
    if (want === undefined) return;
    wanted = want;
    look();
  });
  return (more) => {
    count += more;
    look();
  };
};

if (role.kind === 'node') await node();
else if (role.kind === 'nats') await nats();
else await stream();

async function node() {
  const store = memory(role.keeps);
  const options = { psk: role.psk, peers: role.peers ?? [], listen: 0, store, joinTimeoutMs: 600_000 };
  if (role.peers === undefined) delete options.joinTimeoutMs;
  const bus = await EventBus.create({
    adapter: net(options),
    shards: 1,
    batch: { maxEvents: 1000 },
    adapterTimeoutMs: 600_000,
    backpressure: 'block',
  });
  say({ ready: bus.stats.adapter.listening[0] });
  process.on('message', async ({ ingest }) => {
    if (ingest === undefined) return;
    await fill(bus, ingest, [Buffer.alloc(64, 120)]);
  });
  if (role.subscribes) await subscribe(bus);
  else if (role.counts) await count(bus);
}

/** Counts what arrives in the store. */
async function count(bus) {
  const add = counter();
  let before = 0;
  setInterval(async () => {
    const now = bus.stats.adapter.eventsStored;
    if (now > before) {
      const more = now - before;
      before = now;
      add(more);
    }
  }, 1);
}

/** Takes every event, and how long it was under way when its payload begins with when it was sent. */
async function subscribe(bus) {
  const add = counter();
  const times = [];
  process.on('message', ({ times: wanted }) => wanted && say({ times: times.splice(0) }));
  for await (const event of bus.subscribe({ from: 'earliest' })) {
    if (role.times) {
      const { bytes } = event;
      times.push(Number(process.hrtime.bigint() - new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0)));
    }
    add(1);
  }
}

async function nats() {
  const client = await connect({ servers: role.url });
  const add = counter();
  client.subscribe('bench', { callback: (error) => error === null && add(1) });
  await client.flush();
  say({ ready: true });
}

async function stream() {
  const add = counter();
  const options = {
    ciphers: 'TLS_AES_128_GCM_SHA256',
    minVersion: 'TLSv1.3',
    pskCallback: () => Buffer.from(role.psk, 'hex'),
  };
  const server = createServer(options, (socket) => socket.on('data', (bytes) => add(bytes.length)));
  server.listen(0, '127.0.0.1', () => say({ ready: server.address().port }));
}
