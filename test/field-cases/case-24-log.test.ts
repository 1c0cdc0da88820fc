// Field case 24 on the log: a slow reader costs a page or two, and gets everything in order if it goes on; events from
// another process wake it, whichever way they were ingested.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { EventBus, log } from '../../src/index.ts';
import { within } from '../../src/testing/index.ts';
import { Program } from '../faults/log/bundle.ts';
import { runInOwnProcess } from '../support/own-process.ts';

const root = mkdtempSync(join(tmpdir(), 'meshbus-24-'));
const WAYS = ['ingest', 'ingestRaw', 'tryIngest', 'tryIngestRaw', 'ingestBatch'];
const writer = new Program(`
  import { EventBus, log } from './src/index.ts';
  const bus = await EventBus.create({ adapter: log(process.argv[2]), shards: 1 });
  bus.ingest({ n: 1 });
  bus.ingestRaw('{"n":1}');
  bus.tryIngest({ n: 1 });
  bus.tryIngestRaw('{"n":1}');
  bus.ingestBatch([{ n: 1 }]);
  await bus.shutdown();`);

afterAll(() => {
  writer.remove();
  rmSync(root, { recursive: true });
});

test('case 24: a subscription gets what another process ingests in each of the five ways', async () => {
  const folder = join(root, 'ways');
  await (await EventBus.create({ adapter: log(folder) })).shutdown();
  const bus = (await EventBus.create({ adapter: log(folder, { readOnly: true }) })) as EventBus;
  const subscription = bus.subscribe({ from: 'earliest' });
  const first = subscription.next();
  const program = writer.start([folder]);
  expect((await within(10_000, first)).value?.json()).toEqual({ n: 1 });
  for (let nth = 1; nth < WAYS.length; nth += 1) {
    expect((await within(10_000, subscription.next())).value?.json()).toEqual({ n: 1 });
  }
  await program.kill();
  await subscription.return();
  await bus.shutdown();
});

test('case 24: a reader of the log that does not keep up holds a page or two, and misses nothing', async () => {
  const code = SLOW_READER.replace('FOLDER', JSON.stringify(join(root, 'slow')));
  const { stdout, stderr } = await runInOwnProcess(code, { nodeArguments: ['--expose-gc'] });
  expect(stderr).toBe('');
  const { heldBytes, streamedBytes, seen, inOrder } = JSON.parse(stdout);
  expect(heldBytes).toBeLessThan(streamedBytes / 3);
  expect({ seen, inOrder }).toEqual({ seen: 300_000, inOrder: true });
}, 120_000);

const SLOW_READER = `
import { EventBus, log } from './src/index.ts';
const bus = await EventBus.create({ adapter: log(FOLDER), shards: 1, backpressure: 'block' });
const payload = new Uint8Array(200).fill(120);
const subscription = bus.subscribe();
let seen = 0;
let inOrder = true;
const take = async () => {
  const { value } = await subscription.next();
  inOrder &&= value.sequence === seen;
  seen += 1;
};
const held = () => {
  globalThis.gc();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
};
for (let index = 0; index < 8192; index += 1) await bus.ingestRaw(payload);
await bus.flush();
await take();
const before = held();
let most = 0;
for (let index = 8192; index < 300_000; index += 1) {
  await bus.ingestRaw(payload);
  if (index % 10_000 === 0) {
    await take();
    most = Math.max(most, held() - before);
  }
}
while (seen < 300_000) await take();
await subscription.return();
await bus.shutdown();
console.log(JSON.stringify({ heldBytes: most, streamedBytes: 300_000 * 200, seen, inOrder }));
`;
