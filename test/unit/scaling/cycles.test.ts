// Shards that come and go a thousand times leave nothing behind.
import { expect, test } from 'vitest';
import { runInOwnProcess } from '../../support/own-process.ts';

const CYCLES = 1000;

test.each(['noop', 'memory'])(
  'S2 a thousand shards that come and go on %s: no id twice, no memory kept',
  async (store) => {
    const { stdout, stderr } = await runInOwnProcess(lifeOn(store), { nodeArguments: ['--expose-gc'] });
    expect(stderr).toBe('');
    const { again, stats, grown } = JSON.parse(stdout);
    expect(again).toEqual([]);
    expect(stats).toMatchObject({ eventsIngested: 16 * CYCLES, eventsDispatched: 16 * CYCLES, eventsPending: 0 });
    expect(stats.shards.length).toBe(2);
    // The rings alone would be 900 MiB. A store keeps its history: 16 small events of a sealed shard.
    expect(grown / CYCLES).toBeLessThan(store === 'noop' ? 1024 : 4096);
  },
  120_000,
);

function lifeOn(store: string): string {
  return `
import { EventBus, ${store} } from './src/index.ts';
const held = () => {
  globalThis.gc();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
};
const bus = await EventBus.create({ shards: 2, ringCapacity: 4096, maxEventBytes: 1024, adapter: ${store}() });
const given = new Set([0, 1]);
const again = [];
let early = 0;
for (let cycle = 0; cycle < ${CYCLES}; cycle += 1) {
  const [shard] = await bus.addShards(1);
  if (given.has(shard)) again.push(shard);
  given.add(shard);
  for (let nth = 0; nth < 16; nth += 1) bus.ingestRaw('event ' + cycle + ' ' + nth);
  await bus.removeShards([shard]);
  if (cycle === ${CYCLES / 10}) early = held();
}
await bus.flush();
const grown = ((held() - early) / 9) * 10;
console.log(JSON.stringify({ again, stats: bus.stats, grown }));
await bus.shutdown();
`;
}
