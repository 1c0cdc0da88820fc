// A node of a mesh as a program of its own, which answers polls over HTTP. As a writer it ingests and tells what its flushes
// covered; as a reader it tells again and again what it has met so far. It is killed at any moment.
import { Program } from '../log/bundle.ts';

/** What a node is started with, as JSON in its only argument. */
export interface NodeStart {
  readonly mode: 'write' | 'read';
  readonly name: string;
  /** Counts the starts of the node: its events are named after it. */
  readonly run: number;
  readonly folder: string;
  readonly peers: readonly string[];
  readonly key: string;
  /** Of a reader: how many events of each start there must be, by `name:run`. */
  readonly covered?: Readonly<Record<string, number>>;
}

/** What a reader has met, from the earliest event on. */
export interface ReadResult {
  readonly events: number;
  /** Over the ids of all events, whatever their order. */
  readonly digest: number;
  /** How many events that a flush covered are not there, and some of them. */
  readonly missing: number;
  readonly missed: readonly string[];
  readonly twice: readonly string[];
  /** Starts whose events came in another order than they were ingested, within a shard. */
  readonly disordered: readonly string[];
}

/** What it answers to a poll. */
export interface PolledPage {
  readonly texts: readonly string[];
  readonly cursor: string;
  readonly gaps: readonly object[];
}

const CODE = `
  import { createHash } from 'node:crypto';
  import { once } from 'node:events';
  import { createServer } from 'node:http';
  import { setTimeout as delay } from 'node:timers/promises';
  import { EventBus, log, net } from './src/index.ts';
  const { mode, name, run, folder, peers, key, covered } = JSON.parse(process.argv[2]);
  const bus = await EventBus.create({
    adapter: net({
      listen: 0,
      peers,
      psk: Buffer.from(key, 'hex'),
      store: log(folder, { segmentBytes: 262_144 }),
      confirm: mode === 'write' ? 1 : 'local',
      pingMs: 100,
      silenceMs: 500,
      reconnectBaseMs: 20,
      reconnectMaxMs: 300,
    }),
    shards: 2,
    batch: { maxDelayMs: 2 },
    backpressure: 'block',
    retry: { maxDelayMs: 100 },
  });
  const server = createServer((request, response) => {
    const { from, limit, ordering } = Object.fromEntries(new URL(request.url, 'http://node').searchParams);
    bus.poll({ from, limit: Number(limit), ordering }).then(
      ({ events, cursor, gaps }) =>
        response.end(JSON.stringify({ texts: events.map((event) => event.text().trimEnd()), cursor, gaps })),
      (error) => response.writeHead(500).end(error.stack),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  console.log(bus.stats.adapter.listening[0].split(':')[1] + ' ' + server.address().port);
  if (mode === 'write') await write();
  else await read();

  async function write() {
    for (let count = 0; ; ) {
      for (let nth = 0; nth < 20; nth += 1) {
        await bus.ingestRaw(name + ':' + run + ':' + count + ' '.repeat(count % 70), { key: String(count % 7) });
        count += 1;
      }
      try {
        await bus.flush();
        console.log(count);
        await delay(10); // Not faster than the readers of the trial.
      } catch (error) {
        if (error.kind !== 'Transient') throw error; // Too few nodes: it is tried again.
      }
    }
  }

  async function read() {
    const wanted = Object.entries(covered);
    const seen = new Set();
    const lasts = new Map();
    const [twice, disordered] = [new Set(), new Set()];
    let digest = 0;
    setInterval(() => {
      const missing = wanted.flatMap(([source, count]) =>
        Array.from({ length: count }, (_, number) => source + ':' + number).filter((text) => !seen.has(text)));
      const lists = { missed: missing.slice(0, 9), twice: [...twice].slice(0, 9), disordered: [...disordered] };
      console.log(JSON.stringify({ events: seen.size, digest, missing: missing.length, ...lists }));
    }, 500);
    for await (const event of bus.subscribe({ from: 'earliest' })) {
      const text = event.text().trimEnd();
      if (seen.has(text)) twice.add(text);
      seen.add(text);
      digest = (digest + createHash('md5').update(event.id).digest().readUInt32BE()) >>> 0;
      const [node, start, number] = text.split(':');
      const lane = node + ':' + start + '/' + event.shard;
      if (Number(number) <= (lasts.get(lane) ?? -1)) disordered.add(lane);
      lasts.set(lane, Number(number));
    }
  }`;

/** The program of a node; to be removed when it is not needed any more. */
export function meshProgram(): Program {
  return new Program(CODE);
}
