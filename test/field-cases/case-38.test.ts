// Field case 38: a log of three small segments, damaged at every place: opening and reading always end, nothing is altered.
import { copyFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Adapter } from '../../src/adapter/contract.ts';
import { log } from '../../src/adapters/log/index.ts';
import { AdapterError } from '../../src/errors/adapter-error.ts';
import { BatchMaker, seededRandom, within } from '../../src/testing/index.ts';

const seed = Number(process.env.MESHBUS_LOG_SEED ?? Date.now() % 1_000_000);
/** Places a file, all of them with 0. */
const places = Number(process.env.MESHBUS_LOG_PLACES ?? 60);
const root = mkdtempSync(join(tmpdir(), 'meshbus-38-'));
const whole = join(root, 'whole');
const trial = join(root, 'trial');
const { signal } = new AbortController();
const expected: string[] = [];

beforeAll(async () => {
  const writer = await opened(whole, false);
  const maker = new BatchMaker();
  for (let nth = 0; nth < 10; nth += 1) {
    const payloads = Array.from({ length: 6 }, (_, each) => `event-${nth}-${each}`.padEnd(150, '.'));
    await writer.onBatch(maker.batch(0, payloads), { signal });
    expected.push(...payloads);
  }
  await writer.shutdown({ signal });
  cpSync(whole, trial, { recursive: true });
});
afterAll(() => rmSync(root, { recursive: true }));

async function opened(folder: string, readOnly: boolean): Promise<Adapter> {
  const adapter = log(folder, { segmentBytes: 4096, readOnly }).create();
  await adapter.init({ producer: 'p', now: () => 0n, report: () => undefined });
  return adapter;
}

/** Every payload that can be read; skips to behind what can't. The errors name the file. */
async function readAll(folder: string, readOnly: boolean): Promise<{ found: string[]; errors: AdapterError[] }> {
  const found: string[] = [];
  const errors: AdapterError[] = [];
  try {
    const adapter = await opened(folder, readOnly);
    try {
      let after: string | undefined;
      for (let more = true; more; ) {
        const page = await adapter.pollShard(0, { after, limit: 7, maxBytes: 1e9, signal });
        found.push(...page.records.map((record) => Buffer.from(record.bytes).toString()));
        more = page.hasMore && page.next !== after;
        after = page.next;
      }
    } finally {
      await adapter.shutdown({ signal });
    }
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    errors.push(error);
  }
  return { found, errors };
}

const files = ['seg', 'idx'].flatMap((kind) => [0, 1, 2].map((nth) => [kind, nth] as const));

test.each(files)('case 38: %s %i flipped, overwritten or cut at any place', async (kind, nth) => {
  console.log(`MESHBUS_LOG_SEED=${seed}`);
  const random = seededRandom(seed + nth);
  const folder = join(whole, 'shard-0');
  const names = readdirSync(folder).sort();
  const name = names.filter((each) => each.endsWith(kind))[nth] as string;
  const bytes = readFileSync(join(folder, name));
  const all = Array.from({ length: bytes.length }, (_, at) => at);
  const chosen = places === 0 ? all : Array.from({ length: places }, () => Math.floor(random() * bytes.length));
  for (const at of chosen) {
    for (const way of ['flip', 'set', 'cut'] as const) {
      if (random() < 0.67 && places > 0) continue;
      for (const each of readdirSync(join(trial, 'shard-0')))
        if (!names.includes(each)) rmSync(join(trial, 'shard-0', each));
      for (const each of names) copyFileSync(join(folder, each), join(trial, 'shard-0', each));
      writeFileSync(join(trial, 'shard-0', name), damaged(bytes, at, way));
      const where = `seed ${seed}: ${way} ${name} at ${at}`;
      for (const readOnly of [true, false]) {
        const { found, errors } = await within(5000, readAll(trial, readOnly));
        // What is read is right and in order; what is missing is an error, or was cut off the end.
        expect(found, where).toEqual(expected.filter((each) => found.includes(each)));
        if (found.length === expected.length) continue;
        const isLast = kind === 'seg' && nth === 2;
        if (errors.length === 0) expect([where, isLast || way === 'cut']).toEqual([where, true]);
        for (const error of errors) expect(error.message, where).toMatch(/shard-0\/\d{16}\.seg" at offset \d+/);
      }
    }
  }
});

function damaged(bytes: Buffer, at: number, way: 'flip' | 'set' | 'cut'): Buffer {
  if (way === 'cut') return bytes.subarray(0, at);
  const copy = Buffer.from(bytes);
  copy[at] = way === 'set' ? 0xff : (copy[at] as number) ^ (1 << (at % 8));
  return copy;
}
