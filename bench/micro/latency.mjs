// How long one ingestRaw takes, the timer's own cost subtracted: on an idle bus, and while batches are on their way.
import { EventBus } from 'meshbus';
import { check, median, row, turn } from '../support/measure.mjs';
import { readingAdapter } from '../support/reading-adapter.mjs';

const SAMPLES = 400_000;
const PER_TURN = 2000;

export async function run() {
  const { factory, seen } = readingAdapter();
  const bus = await EventBus.create({ adapter: factory });
  const timerNs = median(
    Array.from({ length: 100_000 }, () => Number(-process.hrtime.bigint() + process.hrtime.bigint())),
  );
  const idle = await sample(bus, timerNs, () => bus.flush());
  const dispatching = await sample(bus, timerNs, turn);
  await bus.flush();
  check(seen.events === 2 * SAMPLES, 'every event arrived');
  await bus.shutdown();
  return [describe('one ingestRaw, idle bus', idle), describe('one ingestRaw, while dispatching', dispatching)];
}

async function sample(bus, timerNs, between) {
  const payload = new Uint8Array(64).fill(120);
  const times = new Float64Array(SAMPLES);
  for (let index = 0; index < SAMPLES; index += 1) {
    if (index % PER_TURN === 0) await between();
    const start = process.hrtime.bigint();
    bus.ingestRaw(payload);
    times[index] = Math.max(0, Number(process.hrtime.bigint() - start) - timerNs);
  }
  return times.sort();
}

function describe(name, times) {
  const at = (share) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))]);
  const note = `p50 ${at(0.5)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}, p99.99 ${at(0.9999)} ns`;
  return row(name, { ns: at(0.5), note });
}
