// A producer at about twice what the adapter can take, in each mode: what share of the adapter's own rate gets through.
import { EventBus } from 'meshbus';
import { check, row, turn } from '../support/measure.mjs';
import { readingAdapter } from '../support/reading-adapter.mjs';

const MODES = ['block', 'drop-oldest', 'drop-newest', { sample: 10 }];
const BATCH = 1024;
const BATCH_NS = 4_000_000;
const RUN_MS = 1500;

export async function run() {
  const rows = [];
  for (const backpressure of MODES) rows.push(await overload(backpressure));
  return rows;
}

async function overload(backpressure) {
  const adapter = slowAdapter();
  const bus = await EventBus.create({ adapter: adapter.factory, backpressure, shards: 1, batch: { maxEvents: BATCH } });
  const payload = new Uint8Array(64).fill(120);
  const capacity = 1e9 / (BATCH_NS / BATCH);
  const start = performance.now();
  let offered = 0;
  for (let now = start; now - start < RUN_MS; now = performance.now()) {
    const due = Math.floor((2 * capacity * (now - start)) / 1000);
    for (; offered < due; offered += 1) {
      if (backpressure === 'block') await bus.ingestRaw(payload);
      else bus.tryIngestRaw(payload);
    }
    await turn();
  }
  const delivered = adapter.seen.events;
  const elapsedMs = performance.now() - start;
  const account = await bus.shutdown();
  check(account.eventsDispatched + account.eventsDropped === account.eventsIngested, 'the account');
  const share = (delivered / elapsedMs / (capacity / 1000)) * 100;
  const name = typeof backpressure === 'string' ? backpressure : `sample ${backpressure.sample}`;
  return row(`overload, ${name}`, {
    ns: (elapsedMs * 1e6) / delivered,
    note: `${share.toFixed(0)} % of the adapter's rate`,
  });
}

/** Takes BATCH_NS for each full batch, and proportionally less for a smaller one, without holding the thread. */
function slowAdapter() {
  const { seen, factory } = readingAdapter();
  const adapter = factory.create();
  let freeAt = 0;
  const onBatch = async (batch) => {
    const now = performance.now();
    freeAt = Math.max(now, freeAt) + ((BATCH_NS / 1e6) * batch.count) / BATCH;
    while (performance.now() < freeAt) await turn();
    seen.events += batch.count;
  };
  return { seen, factory: { kind: 'slow', create: () => ({ ...adapter, onBatch }) } };
}
