// What shards that come and go cost those who ingest: the time inside `ingestRaw` before, while one shard after the other
// is added and removed, and afterwards, in turns in one process.
import { EventBus, noop } from 'meshbus';
import { check, interleave, nsPerItem, row, turn } from '../support/measure.mjs';
import { COUNT, fixedPayloads } from '../support/payloads.mjs';

const BURST = 8192;

export async function run({ rounds, quick }) {
  const payloads = fixedPayloads();
  const events = quick ? 400_000 : 1_600_000;
  const [steady, changing] = [await openBus(), await openBus()];
  const before = await interleave(rounds, {
    steady: () => ingest(steady, payloads, events),
    changing: () => ingest(changing, payloads, events),
  });
  let changes = 0;
  const during = await interleave(rounds, {
    steady: () => ingest(steady, payloads, events),
    changing: async () => {
      const scaling = keepScaling(changing);
      const ns = await ingest(changing, payloads, events);
      changes += await scaling.stop();
      return ns;
    },
  });
  const after = await interleave(rounds, {
    steady: () => ingest(steady, payloads, events),
    changing: () => ingest(changing, payloads, events),
  });
  check(changes > rounds, `only ${changes} changes`);
  for (const bus of [steady, changing]) {
    const { eventsDispatched, eventsDropped, eventsIngested } = await bus.shutdown();
    check(eventsIngested === 3 * (rounds + 1) * events, `${eventsIngested} ingested`);
    check(eventsDispatched === eventsIngested && eventsDropped === 0, 'all dispatched');
  }
  const compared = (name, { changing: ns, steady: yardstickNs }, note) =>
    row(`ingestRaw 64 bytes, ${name}`, { ns, yardstick: 'a bus that stays', yardstickNs, note });
  return [
    compared('before scaling', before),
    compared('while shards come and go', during, `${changes} changes`),
    compared('after scaling', after),
  ];
}

function openBus() {
  return EventBus.create({ adapter: noop(), shards: 4 });
}

/** The time inside ingestRaw alone; rings that drain in between. */
async function ingest(bus, payloads, events) {
  let ns = 0;
  let done = 0;
  while (done < events) {
    const count = Math.min(BURST, events - done);
    ns +=
      count *
      nsPerItem(count, () => {
        for (let index = 0; index < count; index += 1) bus.ingestRaw(payloads[(done + index) % COUNT]);
      });
    done += count;
    await bus.flush();
    await turn();
  }
  return ns / events;
}

/** Adds two shards and removes two others, again and again, until it is stopped; how many changes that were. */
function keepScaling(bus) {
  let stopped = false;
  const changes = (async () => {
    let count = 0;
    while (!stopped) {
      await bus.addShards(2);
      await turn();
      await bus.removeShards(bus.stats.shards.slice(0, 2).map(({ shard }) => shard));
      await turn();
      count += 2;
    }
    return count;
  })();
  return {
    stop: () => {
      stopped = true;
      return changes;
    },
  };
}
