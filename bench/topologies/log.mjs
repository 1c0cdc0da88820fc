// The log on disk: ingestion with a final flush beside gathered raw writes of the same frames with the same syncs; replay
// beside a plain loop over the same files; and, unless it is to be quick, 20 million events in one log.
import {
  closeSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writevSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventBus, log } from 'meshbus';
import { fill } from '../support/fill.mjs';
import { check, interleave, median, nsPerItem, nsPerItemAsync, row } from '../support/measure.mjs';
import { fixedPayloads } from '../support/payloads.mjs';

const EVENTS = 1_000_000;
const MANY = 20_000_000;
const PAGE = 10_000;
const GATHER_BYTES = 1_048_576;
const ENTRY_HEADER = 32;
const RECORD_HEADER = 32;
const PAYLOADS = fixedPayloads();
const SETTINGS = { shards: 4, backpressure: 'block', batch: { maxEvents: 4096 } };

export async function run({ rounds, quick = false }) {
  const root = mkdtempSync(join(tmpdir(), 'meshbus-bench-'));
  try {
    const rows = [...(await ingesting(root, rounds)), ...(await replaying(root, rounds))];
    return quick ? rows : [...rows, ...(await atScale(root))];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function ingesting(root, rounds) {
  const frames = await framesOf(join(root, 'frames'));
  let count = 0;
  const fresh = () => {
    rmSync(join(root, `ingest-${count}`), { recursive: true, force: true });
    count += 1;
    return join(root, `ingest-${count}`);
  };
  const times = await interleave(rounds, {
    raw: () => nsPerItem(EVENTS, () => writeRaw(fresh(), frames)),
    log: async () => {
      const bus = await EventBus.create({ ...SETTINGS, adapter: log(fresh()) });
      const time = await nsPerItemAsync(EVENTS, () => fill(bus, EVENTS, PAYLOADS));
      check(bus.stats.eventsDispatched === EVENTS, 'all events dispatched');
      await bus.shutdown();
      return time;
    },
  });
  fresh();
  const yardstick = 'gathered raw writes, same syncs';
  return [row('ingest into the log and flush', { ns: times.log, yardstick, yardstickNs: times.raw, target: 2 })];
}

async function replaying(root, rounds) {
  const folder = join(root, 'replay');
  const bus = await EventBus.create({ ...SETTINGS, adapter: log(folder) });
  await fill(bus, EVENTS, PAYLOADS);
  const times = await interleave(rounds, {
    loop: () => nsPerItem(EVENTS, () => check(plainLoop(folder) === EVENTS, 'the loop')),
    poll: () => nsPerItemAsync(EVENTS, async () => check((await scan(bus)) === EVENTS, 'all events')),
  });
  await bus.shutdown();
  rmSync(folder, { recursive: true });
  return [
    row('replay the log with poll', { ns: times.poll, yardstick: 'plain loop', yardstickNs: times.loop, target: 2 }),
  ];
}

async function atScale(root) {
  const folder = join(root, 'scale');
  const writer = await EventBus.create({ ...SETTINGS, adapter: log(folder, { durability: 'async' }) });
  await fill(writer, MANY, PAYLOADS);
  const middle = (await writer.poll({ limit: 0, from: { timestamp: middleOf(await firstStamp(writer), Date.now()) } }))
    .cursor;
  const latest = (await writer.poll({ limit: 0, from: 'latest' })).cursor;
  await writer.shutdown();
  const openNs = await nsPerItemAsync(1, async () => {
    const bus = await EventBus.create({ ...SETTINGS, adapter: log(folder) });
    await bus.shutdown();
  });
  check(openNs < 1e9, `20 million events open within a second, not in ${openNs / 1e6} ms`);
  const bus = await EventBus.create({ ...SETTINGS, adapter: log(folder) });
  const at = async (from) =>
    nsPerItemAsync(1, async () => {
      const page = await bus.poll({ limit: 1000, from });
      check(page.cursor !== undefined, 'a page');
    });
  const times = await interleave(5, { start: () => at('earliest'), middle: () => at(middle), end: () => at(latest) });
  const rss = process.memoryUsage().rss;
  await bus.shutdown();
  return [
    row('open 20 million events', { ns: openNs, note: `${Math.round(rss / 1e6)} MB resident after polls` }),
    row('a page in the middle of 20 million', {
      ns: times.middle,
      yardstick: 'a page at the start',
      yardstickNs: times.start,
      target: 2,
      note: `at the end ${Math.round(median(times.end) / 1000)} µs`,
    }),
  ];
}

async function firstStamp(bus) {
  const page = await bus.poll({ limit: 1 });
  return page.events[0].timestamp.getTime();
}

function middleOf(from, to) {
  return new Date((from + to) / 2);
}

/** The frames that a log gets. */
async function framesOf(folder) {
  const frames = [];
  const inner = log(folder);
  const create = () => {
    const adapter = inner.create();
    const onBatch = adapter.onBatch.bind(adapter);
    adapter.onBatch = (batch, options) => {
      frames.push({ shard: batch.shard, frame: Buffer.from(batch.frame) });
      return onBatch(batch, options);
    };
    return adapter;
  };
  const bus = await EventBus.create({ ...SETTINGS, adapter: { kind: 'keeping', create } });
  await fill(bus, EVENTS, PAYLOADS);
  await bus.shutdown();
  rmSync(folder, { recursive: true });
  return frames;
}

function writeRaw(path, frames) {
  const files = new Map();
  for (const { shard, frame } of frames) {
    let file = files.get(shard);
    if (file === undefined) {
      file = { descriptor: openSync(`${path}-${shard}`, 'w'), gathered: [], bytes: 0 };
      files.set(shard, file);
    }
    file.gathered.push(frame);
    file.bytes += frame.length;
    if (file.bytes >= GATHER_BYTES) writeOut(file);
  }
  for (const [shard, file] of files) {
    writeOut(file);
    fdatasyncSync(file.descriptor);
    closeSync(file.descriptor);
    rmSync(`${path}-${shard}`);
  }
}

function writeOut(file) {
  if (file.gathered.length > 0) writevSync(file.descriptor, file.gathered);
  file.gathered = [];
  file.bytes = 0;
}

/** Reads the segment files and makes of each event what a user would hold. */
function plainLoop(folder) {
  let count = 0;
  let read = 0;
  for (const name of readdirSync(folder).filter((each) => each.startsWith('shard-'))) {
    for (const file of readdirSync(join(folder, name)).filter((each) => each.endsWith('.seg'))) {
      const block = readFileSync(join(folder, name, file));
      for (let at = 0; at < block.length; ) {
        const frameAt = at + ENTRY_HEADER;
        const producerBytes = block.readUInt16LE(frameAt + 50);
        const producer = block.toString('utf8', frameAt + 56, frameAt + 56 + producerBytes);
        const page = eventsOf(block, frameAt, producer);
        for (const event of page) {
          read += event.bytes.length + event.sequence;
          if (event.timestampNs > 0n) count += 1;
        }
        at = frameAt + block.readUInt32LE(at + 4);
      }
    }
  }
  check(read > 0, 'bytes');
  return count;
}

function eventsOf(block, frameAt, producer) {
  const page = [];
  let at = frameAt + block.readUInt16LE(frameAt + 6);
  for (let left = block.readUInt32LE(frameAt + 12); left > 0; left -= 1) {
    const payloadAt = at + RECORD_HEADER + block.readUInt16LE(at + 4);
    const end = payloadAt + block.readUInt32LE(at);
    const sequence = block.readUInt32LE(at + 8) + block.readUInt32LE(at + 12) * 2 ** 32;
    const bytes = Uint8Array.prototype.slice.call(block, payloadAt, end);
    page.push({ producer, sequence, timestampNs: block.readBigUInt64LE(at + 16), bytes });
    at = Math.ceil(end / 8) * 8;
  }
  return page;
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
