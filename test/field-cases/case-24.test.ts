// Field case 24: a slow subscriber must cost a page, not the stream; and every way of ingesting must wake it.
import { expect, test } from 'vitest';
import { EventBus, memory } from '../../src/index.ts';
import { within } from '../../src/testing/index.ts';
import { runInOwnProcess } from '../support/own-process.ts';

const WAYS: Record<string, (bus: EventBus) => unknown> = {
  ingest: (bus) => bus.ingest({ n: 1 }),
  ingestRaw: (bus) => bus.ingestRaw('{"n":1}'),
  tryIngest: (bus) => bus.tryIngest({ n: 1 }),
  tryIngestRaw: (bus) => bus.tryIngestRaw('{"n":1}'),
  ingestBatch: (bus) => bus.ingestBatch([{ n: 1 }]),
};

test.each(Object.keys(WAYS))('case 24: %s wakes a waiting subscription', async (way) => {
  const bus = (await EventBus.create({ adapter: memory() })) as EventBus;
  const subscription = bus.subscribe({ from: 'latest' });
  const next = subscription.next();
  await new Promise((resolve) => setImmediate(resolve));
  WAYS[way]?.(bus);
  const step = await within(5000, next);
  expect(step.value?.json()).toEqual({ n: 1 });
  await subscription.return();
  await bus.shutdown();
});

test('case 24: a subscriber that does not keep up holds a page, not the stream', async () => {
  const { stdout, stderr } = await runInOwnProcess(SLOW_READER, { nodeArguments: ['--expose-gc'] });
  expect(stderr).toBe('');
  const { heldBytes, streamedBytes, inOrder } = JSON.parse(stdout);
  expect(streamedBytes).toBeGreaterThan(50e6);
  expect(heldBytes).toBeLessThan(streamedBytes / 3);
  expect(inOrder).toBe(true);
}, 120_000);

// The store keeps little, so what the process holds beyond it is the subscription's. The reader takes an event now and
// then while 300,000 of 200 bytes pass by.
const SLOW_READER = `
import { EventBus, memory } from './src/index.ts';
const bus = await EventBus.create({ adapter: memory({ maxEvents: 4096 }), shards: 1, backpressure: 'block' });
const payload = new Uint8Array(200).fill(120);
for (let index = 0; index < 8192; index += 1) await bus.ingestRaw(payload);
await bus.flush();
const subscription = bus.subscribe();
let last = -1;
let inOrder = true;
const take = async () => {
  const { value } = await subscription.next();
  inOrder &&= value.sequence > last;
  last = value.sequence;
};
await take();
const held = () => {
  globalThis.gc();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
};
const before = held();
let most = 0;
for (let index = 0; index < 300_000; index += 1) {
  await bus.ingestRaw(payload);
  if (index % 10_000 === 0) {
    await take();
    most = Math.max(most, held() - before);
  }
}
await subscription.return();
await bus.shutdown();
console.log(JSON.stringify({ heldBytes: most, streamedBytes: 300_000 * 200, inOrder }));
`;
