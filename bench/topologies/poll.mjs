// Polling from memory in pages of 1,000, beside plain loops over the same stored bytes that make the same objects, and,
// for a filter that matches 1 %, beside one that parses the JSON of each.
import { EventBus, Filter, memory } from 'meshbus';
import { check, interleave, nsPerItemAsync, row } from '../support/measure.mjs';

const EVENTS = 200_000;
const PAGE = 1000;

export async function run({ rounds }) {
  const bus = await EventBus.create({ adapter: memory({ maxEvents: EVENTS * 2 }), backpressure: 'block' });
  for (let index = 0; index < EVENTS; index += 1) {
    await bus.ingest({ n: index, kind: index % 100 === 0 ? 'rare' : 'common', text: 'some words to carry' });
  }
  await bus.flush();
  const stored = await collectBytes(bus);
  const rare = Filter.eq('kind', 'rare');
  const times = await interleave(rounds, {
    loop: () => nsPerItemAsync(EVENTS, async () => check(plainLoop(stored) === EVENTS, 'the loop')),
    poll: () => nsPerItemAsync(EVENTS, async () => check((await scan(bus, {})) === EVENTS, 'all events')),
    parse: () => nsPerItemAsync(EVENTS, async () => check(parsingLoop(stored) === EVENTS / 100, 'the rare ones')),
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

async function collectBytes(bus) {
  const stored = [];
  let from;
  for (let more = true; more; ) {
    const page = await bus.poll({ limit: PAGE, from });
    for (const event of page.events) stored.push(event);
    from = page.cursor;
    more = page.hasMore;
  }
  return stored.map((event) => ({
    shard: event.shard,
    sequence: event.sequence,
    bytes: event.bytes,
    at: event.timestampNs,
  }));
}

/** What a user would hold of each event, made from the stored bytes: its place, its stamp, its own copy of the bytes. */
function plainLoop(stored) {
  let count = 0;
  let page = [];
  for (const { shard, sequence, bytes, at } of stored) {
    page.push({ shard, sequence, timestampNs: at, bytes: bytes.slice() });
    count += 1;
    if (page.length === PAGE) page = [];
  }
  return count;
}

function parsingLoop(stored) {
  let count = 0;
  for (const { bytes } of stored) {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
    if (JSON.parse(text).kind === 'rare') count += 1;
  }
  return count;
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
