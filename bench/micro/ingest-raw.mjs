// `ingestRaw` into DropOldest rings, beside xxhash-wasm's h64Raw of the same bytes: hashing alone is the yardstick.
import { EventBus, noop } from 'meshbus';
import xxhash from 'xxhash-wasm';
import { check, interleave, nsPerItem, row } from '../support/measure.mjs';
import { COUNT, fixedPayloads, mixedPayloads } from '../support/payloads.mjs';

const TURN = 16_384;

export async function run({ rounds }) {
  const rows = [];
  for (const [name, payloads, events, target] of [
    ['64 bytes', fixedPayloads(), 2_000_000, 1.1],
    ['2 to 4,096 bytes', mixedPayloads(), 500_000, undefined],
  ]) {
    rows.push(...(await compare(name, { payloads, events, rounds, target })));
  }
  return rows;
}

async function compare(name, { payloads, events, rounds, target }) {
  const { h64Raw } = await xxhash();
  const bus = await EventBus.create({ adapter: noop(), backpressure: 'drop-oldest' });
  let offered = 0;
  const ingest = (key) => () => {
    offered += events;
    return nsPerItem(events, () => {
      for (let index = 0; index < events; index += 1) bus.ingestRaw(payloads[index % COUNT], key);
    });
  };
  const times = await interleave(rounds, {
    yardstick: () => nsPerItem(events, () => hashAll(h64Raw, payloads, events)),
    ingest: ingest(undefined),
    keyed: ingest({ key: 'session-0001' }),
    fitting: async () => {
      offered += events;
      return fitting(bus, payloads, events);
    },
  });
  const { eventsIngested, eventsDispatched, eventsDropped } = await bus.shutdown();
  check(eventsIngested === offered, `${eventsIngested} ingested of ${offered}`);
  check(eventsDispatched + eventsDropped === offered, 'dispatched + dropped = ingested');
  const yardstick = { yardstick: 'h64Raw', yardstickNs: times.yardstick };
  return [
    row(`ingestRaw ${name}, DropOldest, full rings`, { ns: times.ingest, ...yardstick, target }),
    row(`ingestRaw ${name}, DropOldest, rings that drain`, { ns: times.fitting, ...yardstick }),
    row(`ingestRaw ${name}, with a key`, { ns: times.keyed, ...yardstick }),
  ];
}

/** The time inside ingestRaw alone, with turns of the event loop between, so that the rings never fill. */
async function fitting(bus, payloads, events) {
  let ns = 0;
  for (let done = 0; done < events; done += TURN) {
    const count = Math.min(TURN, events - done);
    ns +=
      count *
      nsPerItem(count, () => {
        for (let index = 0; index < count; index += 1) bus.ingestRaw(payloads[(done + index) % COUNT]);
      });
    await bus.flush();
  }
  return ns / events;
}

/** Without a use of the hashes: a sum of bigints would cost as much as a hash. */
function hashAll(h64Raw, payloads, events) {
  let last;
  for (let index = 0; index < events; index += 1) last = h64Raw(payloads[index % COUNT]);
  check(typeof last === 'bigint', 'a hash');
}
