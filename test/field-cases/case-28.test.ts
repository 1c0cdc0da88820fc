// Field case 28: development servers open a store again and again, in one process and from several copies of the package.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type * as meshbus from '../../src/index.ts';
import { AdapterError, EventBus, log } from '../../src/index.ts';

const root = mkdtempSync(join(tmpdir(), 'meshbus-28-'));
const bundle = join(root, 'meshbus.mjs');

beforeAll(() => {
  const options = { bundle: true, platform: 'node', format: 'esm', target: 'node20' } as const;
  buildSync({ ...options, entryPoints: ['src/index.ts'], outfile: bundle });
});
afterAll(() => rmSync(root, { recursive: true }));

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

async function refusedBy(create: () => Promise<unknown>, folder: string): Promise<void> {
  const error = await create().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(AdapterError);
  expect(error).toMatchObject({ kind: 'Connection' });
  expect((error as Error).message).toContain(JSON.stringify(folder));
  expect((error as Error).message).toContain(`in this very process (${process.pid})`);
}

/** Opens, is refused, goes on, shuts down and opens at once, with two copies of the package in turn. */
async function rounds(copies: readonly (typeof meshbus)[], folder: string, count: number): Promise<void> {
  const producerNoncePath = join(root, 'nonce');
  let stored = 0;
  for (let round = 0; round < count; round += 1) {
    const [mine, other] = [copies[round % copies.length], copies[(round + 1) % copies.length]] as [
      typeof meshbus,
      typeof meshbus,
    ];
    const bus = await mine.EventBus.create({ adapter: mine.log(folder), producerNoncePath, shards: 1 });
    if (round % 10 === 0) {
      await refusedBy(() => other.EventBus.create({ adapter: other.log(folder), producerNoncePath }), folder);
    }
    bus.ingest({ round });
    await bus.flush();
    stored += 1;
    if (round % 50 === 0) expect((await bus.poll({ limit: 100_000 })).events.length).toBe(stored);
    await bus.shutdown();
  }
}

test('case 28: a second bus is refused by name, the first goes on, and after its shutdown the next opens at once', async () => {
  const before = openDescriptors();
  await rounds([{ ...(await import('../../src/index.ts')) }], join(root, 'one'), 200);
  expect(openDescriptors()).toBeLessThanOrEqual(before + 2);
});

test('case 28: two copies of the package see each other', async () => {
  const copies = [await import(`${bundle}?1`), await import(`${bundle}?2`)];
  expect(copies[0].EventBus).not.toBe(copies[1].EventBus);
  await rounds(copies, join(root, 'two'), 60);
});

test('case 28: a create that fails after locking leaves neither lock nor descriptor', async () => {
  const folder = join(root, 'three');
  await (await EventBus.create({ adapter: log(folder), shards: 1 })).shutdown();
  const before = openDescriptors();
  const state = join(folder, 'shard-0/state.json');
  const bus = await EventBus.create({ adapter: log(folder), shards: 1 });
  bus.ingest({ n: 1 });
  await bus.shutdown();
  for (let round = 0; round < 20; round += 1) {
    writeFileSync(state, 'damaged');
    await expect(EventBus.create({ adapter: log(folder) })).rejects.toMatchObject({ kind: 'Serialization' });
    rmSync(state);
    await (await EventBus.create({ adapter: log(folder) })).shutdown();
  }
  expect(openDescriptors()).toBeLessThanOrEqual(before + 2);
  expect(readdirSync(folder).filter((name) => name.startsWith('writer-')).length).toBe(1);
});
