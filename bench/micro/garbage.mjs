// 5 million ingestRaw calls of one reused buffer: how often the collector ran meanwhile, and what the heap grew by.
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { EventBus, noop } from 'meshbus';
import { check, nsPerItem, row, turn } from '../support/measure.mjs';

const EVENTS = 5_000_000;

export async function run() {
  const buffer = new Uint8Array(64).fill(120);
  const bus = await EventBus.create({ adapter: noop(), backpressure: 'drop-oldest' });
  const ingestAll = () => {
    for (let index = 0; index < EVENTS; index += 1) bus.ingestRaw(buffer);
  };
  ingestAll();
  await bus.flush();
  globalThis.gc?.();
  const collections = [];
  const observer = new PerformanceObserver((list) => collections.push(...list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  await turn();
  collections.length = 0;
  const before = process.memoryUsage().heapUsed;
  const ns = nsPerItem(EVENTS, ingestAll);
  const grown = process.memoryUsage().heapUsed - before;
  await turn();
  await turn();
  observer.disconnect();
  const { eventsIngested } = await bus.shutdown();
  check(eventsIngested === 2 * EVENTS, 'every event was ingested');
  const major = collections.filter(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR).length;
  const note = `${collections.length} collections (${major} major), heap grew by ${(grown / EVENTS).toFixed(4)} bytes an event`;
  return [row('5 million ingestRaw of a reused buffer', { ns, note })];
}
