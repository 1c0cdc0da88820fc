// A reader process follows a writer process across segments and retention, and both keep few files open.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { EventBus, log } from '../../src/index.ts';
import { Program } from './log/bundle.ts';

const root = mkdtempSync(join(tmpdir(), 'meshbus-follow-'));
const EVENTS = 30_000;

/** Prints how many events it got and how many gaps told of, and `disorder` when one came twice or out of order. */
const reader = new Program(`
  import { EventBus, log } from './src/index.ts';
  const [folder, slow] = process.argv.slice(2);
  const bus = await EventBus.create({ adapter: log(folder, { readOnly: true }) });
  console.log('open');
  let events = 0, gone = 0, disorder = 0, cursor;
  const last = new Map();
  for (let ended = false; !ended; ) {
    const page = await bus.poll({ limit: 500, from: cursor });
    cursor = page.cursor;
    for (const gap of page.gaps) gone += gap.count;
    for (const event of page.events) {
      const number = Number(event.text());
      if (!(number > (last.get(event.shard) ?? -1))) disorder += 1;
      last.set(event.shard, number);
      events += 1;
    }
    ended = events + gone >= ${EVENTS};
    if (slow === 'slow') await new Promise((resolve) => setTimeout(resolve, 5));
    else if (!page.hasMore) await new Promise((resolve) => setImmediate(resolve));
  }
  console.log(JSON.stringify({ events, gone, disorder }));
  await bus.shutdown();`);

const follower = new Program(`
  import { EventBus, log } from './src/index.ts';
  const bus = await EventBus.create({ adapter: log(process.argv[2], { readOnly: true }) });
  console.log('open');
  const last = new Map();
  let events = 0, disorder = 0;
  for await (const event of bus.subscribe({ from: 'earliest' })) {
    const number = Number(event.text());
    if (!(number > (last.get(event.shard) ?? -1))) disorder += 1;
    last.set(event.shard, number);
    events += 1;
    if (events === ${EVENTS}) break;
  }
  console.log(JSON.stringify({ events, disorder }));
  await bus.shutdown();`);

const manyShards = new Program(`
  import { readdirSync } from 'node:fs';
  import { EventBus, log } from './src/index.ts';
  const folder = process.argv[2];
  const options = { shards: 256, ringCapacity: 64, ringBytes: 65_536, maxEventBytes: 16_384, backpressure: 'block' };
  let most = 0;
  const look = () => { most = Math.max(most, readdirSync('/proc/self/fd').length); };
  const bus = await EventBus.create({ ...options, adapter: log(folder, { segmentBytes: 4096 }) });
  for (let n = 0; n < 20_000; n += 1) {
    await bus.ingestRaw(String(n).padEnd(200));
    if (n % 100 === 0) look();
  }
  await bus.flush();
  look();
  const reading = await EventBus.create({ adapter: log(folder, { readOnly: true }) });
  for (const each of [bus, reading]) {
    let events = 0, from;
    for (let more = true; more; ) {
      const page = await each.poll({ limit: 1000, from });
      events += page.events.length;
      from = page.cursor;
      more = page.hasMore;
      look();
    }
    if (events !== 20_000) throw new Error('read ' + events);
  }
  await reading.shutdown();
  await bus.shutdown();
  console.log(JSON.stringify({ few: most < 200 }));`);

afterAll(() => {
  for (const each of [reader, follower, manyShards]) each.remove();
  rmSync(root, { recursive: true });
});

async function write(folder: string, options: { maxBytes?: number }): Promise<EventBus> {
  const adapter = log(folder, { segmentBytes: 65_536, ...options });
  const bus = (await EventBus.create({ adapter, shards: 2, ringCapacity: 512, backpressure: 'block' })) as EventBus;
  return bus;
}

async function ingest(bus: EventBus): Promise<void> {
  for (let n = 0; n < EVENTS; n += 1) {
    await bus.ingestRaw(String(n).padEnd(100));
    if (n % 1000 === 0) await bus.flush();
  }
  await bus.flush();
}

for (const pace of ['fast', 'slow']) {
  test(`C1 a ${pace} reader process gets every event once and in order, or is told how many retention took`, async () => {
    const folder = join(root, pace);
    const bus = await write(folder, { maxBytes: 1_000_000 });
    const program = reader.start([folder, pace]);
    expect(await program.line()).toBe('open');
    await ingest(bus);
    const { events, gone, disorder } = JSON.parse((await program.line()) ?? '{}');
    await program.kill();
    await bus.shutdown();
    expect({ seen: events + gone, disorder }).toEqual({ seen: EVENTS, disorder: 0 });
  });
}

test('C1 a subscription in another process gets every event once and in order while they are written', async () => {
  const folder = join(root, 'subscription');
  const bus = await write(folder, {});
  const program = follower.start([folder]);
  expect(await program.line()).toBe('open');
  await ingest(bus);
  expect(JSON.parse((await program.line()) ?? '{}')).toEqual({ events: EVENTS, disorder: 0 });
  await program.kill();
  await bus.shutdown();
});

test('256 shards with a long history stay within 256 descriptors', async () => {
  const program = manyShards.start([join(root, 'many')], ['bash', '-c', 'ulimit -n 256; exec "$0" "$@"']);
  expect(await program.line()).toBe('{"few":true}');
  await program.kill();
});
