// Polling from memory in pages of 1,000, beside plain loops over the same stored frames: one that makes the same objects,
// and, for a filter that matches 1 %, one that parses the JSON of each.
import { EventBus, Filter, memory } from 'meshbus';
import { check, interleave, nsPerItem, nsPerItemAsync, row } from '../support/measure.mjs';

const EVENTS = 200_000;
const PAGE = 1000;
const RECORD_HEADER = 32;

export async function run({ rounds }) {
  const { factory, frames } = keepingFrames(memory({ maxEvents: EVENTS * 2 }));
  const bus = await EventBus.create({ adapter: factory, backpressure: 'block' });
  for (let index = 0; index < EVENTS; index += 1) {
    await bus.ingest({ n: index, kind: index % 100 === 0 ? 'rare' : 'common', text: 'some words to carry' });
  }
  await bus.flush();
  const rare = Filter.eq('kind', 'rare');
  const times = await interleave(rounds, {
    loop: () => nsPerItem(EVENTS, () => check(plainLoop(frames) === EVENTS, 'the loop')),
    poll: () => nsPerItemAsync(EVENTS, async () => check((await scan(bus, {})) === EVENTS, 'all events')),
    parse: () => nsPerItem(EVENTS, () => check(parsingLoop(frames) === EVENTS / 100, 'the rare ones')),
    filter: () =>
      nsPerItemAsync(EVENTS, async () => check((await scan(bus, { filter: rare })) === EVENTS / 100, 'rare')),
  });
  await bus.shutdown();
  return [
    row('poll in pages of 1,000', { ns: times.poll, yardstick: 'plain loop', yardstickNs: times.loop, target: 2 }),
    row('poll with a filter that matches 1 %', {
      ns: times.filter,
      yardstick: 'JSON.parse loop',
      yardstickNs: times.parse,
      target: 1.2,
    }),
  ];
}

/** The same adapter, and the frames that it was given. */
function keepingFrames(inner) {
  const frames = [];
  const create = () => {
    const adapter = inner.create();
    const onBatch = adapter.onBatch.bind(adapter);
    adapter.onBatch = (batch, options) => {
      const { shard, producer, count, frame } = batch;
      frames.push({ shard, producer, count, block: Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength) });
      return onBatch(batch, options);
    };
    return adapter;
  };
  return { frames, factory: { kind: 'keeping', create } };
}

/** Makes of each stored event what a user would hold: its name, its stamp, its own copy of the bytes. */
function plainLoop(frames) {
  let count = 0;
  let read = 0;
  for (const { shard, producer, count: records, block } of frames) {
    let page = [];
    for (const { at, payloadAt, end } of recordsOf(block, records)) {
      const sequence = block.readUInt32LE(at + 8) + block.readUInt32LE(at + 12) * 2 ** 32;
      const bytes = Uint8Array.prototype.slice.call(block, payloadAt, end);
      page.push({ shard, producer, sequence, timestampNs: block.readBigUInt64LE(at + 16), bytes });
    }
    for (const event of page) {
      read += event.bytes.length + event.sequence + event.shard;
      if (event.timestampNs > 0n) count += 1;
    }
    page = [];
  }
  check(read > 0, 'bytes');
  return count;
}

function parsingLoop(frames) {
  let count = 0;
  for (const { count: records, block } of frames) {
    for (const { payloadAt, end } of recordsOf(block, records)) {
      if (JSON.parse(block.toString('utf8', payloadAt, end)).kind === 'rare') count += 1;
    }
  }
  return count;
}

/** Where the records of a frame lie. */
function recordsOf(block, count) {
  const places = new Array(count);
  let at = block.readUInt16LE(6);
  for (let index = 0; index < count; index += 1) {
    const payloadAt = at + RECORD_HEADER + block.readUInt16LE(at + 4);
    const end = payloadAt + block.readUInt32LE(at);
    places[index] = { at, payloadAt, end };
    at = Math.ceil(end / 8) * 8;
  }
  return places;
}

/** Reads each event's bytes, as the plain loop does. */
async function scan(bus, request) {
  let count = 0;
  let read = 0;
  let from;
  for (let more = true; more; ) {
    const page = await bus.poll({ ...request, limit: PAGE, from });
    for (const event of page.events) {
      read += event.bytes.length + event.sequence + event.shard;
      if (event.timestampNs > 0n) count += 1;
    }
    from = page.cursor;
    more = page.hasMore;
  }
  check(read > 0, 'bytes');
  return count;
}
