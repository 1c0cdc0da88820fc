// What stays flat as things grow: shards from 1 to 256, stored events from 10 thousand to 10 million.
import { EventBus, memory, noop } from 'meshbus';
import { check, median, nsPerItem, nsPerItemAsync, row } from '../support/measure.mjs';
import { COUNT, fixedPayloads } from '../support/payloads.mjs';

const SHARDS = [1, 4, 16, 64, 256];
const STORED = [10_000, 100_000, 1_000_000, 10_000_000];
const EVENTS = 500_000;
const PAGE = 1000;

export async function run({ rounds, quick }) {
  const payloads = fixedPayloads();
  const rows = [];
  for (const shards of SHARDS) rows.push(await ingestOver(shards, payloads, rounds));
  await pollAt(100_000, payloads); // warms up: the first size shall not pay for all
  for (const stored of quick ? STORED.slice(0, 3) : STORED) rows.push(await pollAt(stored, payloads));
  return rows;
}

async function ingestOver(shards, payloads, rounds) {
  const bus = await EventBus.create({ adapter: noop(), shards, ringCapacity: 4096, backpressure: 'drop-oldest' });
  const times = [];
  for (let round = 0; round <= rounds; round += 1) {
    times.push(
      nsPerItem(EVENTS, () => {
        for (let index = 0; index < EVENTS; index += 1) bus.ingestRaw(payloads[index % COUNT]);
      }),
    );
    await bus.flush();
  }
  await bus.shutdown();
  return row(`ingestRaw over ${shards} shards`, { ns: median(times.slice(1)) });
}

async function pollAt(stored, payloads) {
  const adapter = memory({ maxEvents: stored, maxBytes: 4 * 2 ** 30 });
  const bus = await EventBus.create({ adapter, backpressure: 'block' });
  let middleCursor;
  for (let index = 0; index < stored; index += 1) {
    const accepted = bus.ingestRaw(payloads[index % COUNT]);
    if (index % 4096 === 0) await accepted;
    if (index === stored / 2) {
      await bus.flush();
      middleCursor = (await bus.poll({ limit: 0, from: 'latest' })).cursor;
    }
  }
  await bus.flush();
  const oldest = await pagesFrom(bus, 'earliest');
  const middle = await pagesFrom(bus, middleCursor);
  await bus.shutdown();
  const note = `from the middle ${middle.toFixed(0)} ns an event`;
  return row(`poll 20 pages of ${stored.toLocaleString('en')} stored events`, { ns: oldest, note });
}

async function pagesFrom(bus, start) {
  const times = [];
  let from = start;
  for (let pages = 0; pages < 20; pages += 1) {
    let page;
    times.push(
      await nsPerItemAsync(PAGE, async () => {
        page = await bus.poll({ limit: PAGE, from });
      }),
    );
    check(page.events.length === PAGE || !page.hasMore, 'full pages');
    from = page.cursor;
    if (!page.hasMore) break;
  }
  return median(times);
}
