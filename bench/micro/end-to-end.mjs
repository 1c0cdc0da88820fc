// From ingestRaw to an adapter that reads one byte of each record, with a flush at the end: nothing is dropped.
import { EventBus } from 'meshbus';
import xxhash from 'xxhash-wasm';
import { check, interleave, nsPerItem, nsPerItemAsync, row, turn } from '../support/measure.mjs';
import { COUNT, fixedPayloads } from '../support/payloads.mjs';
import { readingAdapter } from '../support/reading-adapter.mjs';

const EVENTS = 2_000_000;
const TURN = 16_384;

export async function run({ rounds }) {
  const { h64Raw } = await xxhash();
  const payloads = fixedPayloads();
  const { factory, seen } = readingAdapter();
  const bus = await EventBus.create({ adapter: factory, backpressure: 'drop-newest' });
  const times = await interleave(rounds, {
    yardstick: () => nsPerItem(EVENTS, () => hashAll(h64Raw, payloads)),
    through: () => nsPerItemAsync(EVENTS, () => ingestAll(bus, payloads)),
  });
  const account = await bus.shutdown();
  check(seen.events === EVENTS * (rounds + 1), `the adapter read ${seen.events}`);
  check(seen.sum === seen.events * payloads[0][0], 'the first byte of every payload');
  check(account.eventsDropped === 0 && account.eventsRejected === 0, 'nothing dropped or refused');
  return [
    row('end to end with flush, 64 bytes', {
      ns: times.through,
      yardstick: 'h64Raw',
      yardstickNs: times.yardstick,
      target: 1.6,
    }),
  ];
}

async function ingestAll(bus, payloads) {
  for (let from = 0; from < EVENTS; from += TURN) {
    burst(bus, payloads, from);
    await turn();
  }
  await bus.flush();
}

function burst(bus, payloads, from) {
  const to = Math.min(EVENTS, from + TURN);
  for (let index = from; index < to; index += 1) bus.ingestRaw(payloads[index % COUNT]);
}

function hashAll(h64Raw, payloads) {
  for (let index = 0; index < EVENTS; index += 1) h64Raw(payloads[index % COUNT]);
}
