// A process that ingests and flushes is killed at random moments, a hundred times over one folder.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { EventBus, log, type StoredEvent } from '../../src/index.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { Program } from './log/bundle.ts';

const seed = Number(process.env.MESHBUS_LOG_SEED ?? Date.now() % 1_000_000);
const kills = Number(process.env.MESHBUS_LOG_KILLS ?? 100);
const root = mkdtempSync(join(tmpdir(), 'meshbus-kill-'));
const folder = join(root, 'log');
const writer = new Program(`
  import { EventBus, log } from './src/index.ts';
  const [folder, run] = process.argv.slice(2);
  const bus = await EventBus.create({ adapter: log(folder, { segmentBytes: 65_536 }), shards: 2, backpressure: 'block' });
  console.log('open');
  let count = 0;
  for (;;) {
    for (let nth = 0; nth < 40; nth += 1) {
      await bus.ingestRaw(run + ':' + count + ' '.repeat(count % 90));
      count += 1;
    }
    const covered = count;
    await bus.flush();
    console.log(covered);
  }`);

afterAll(() => {
  writer.remove();
  rmSync(root, { recursive: true });
});

/** Runs the writer until it is killed; the count of events that its last resolved flush covered. */
async function runAndKill(run: number, afterMs: number): Promise<number> {
  const program = writer.start([folder, String(run)]);
  expect(await program.line()).toBe('open');
  await delay(afterMs); // The random moment is what is tried here.
  await program.kill();
  let covered = 0;
  for (let line = await program.line(); line !== undefined; line = await program.line()) covered = Number(line);
  return covered;
}

/** What has come behind a cursor, through a bus that opens the log to write. */
async function readOn(from: string | undefined): Promise<{ events: StoredEvent[]; cursor: string }> {
  const bus = await EventBus.create({ adapter: log(folder), shards: 2 });
  try {
    const events: StoredEvent[] = [];
    let cursor = from;
    for (;;) {
      const page = await bus.poll({ limit: 100_000, ...(cursor === undefined ? {} : { from: cursor }) });
      expect([page.gaps, page.failedShards]).toEqual([[], []]);
      events.push(...page.events);
      cursor = page.cursor;
      if (!page.hasMore) return { events, cursor };
    }
  } finally {
    await bus.shutdown();
  }
}

test('everything a resolved flush covered is there once, nothing is torn, and names never repeat', async () => {
  console.log(`MESHBUS_LOG_SEED=${seed}`);
  const random = seededRandom(seed);
  const ids = new Set<string>();
  let cursor: string | undefined;
  let stored = 0;
  for (let run = 0; run < kills; run += 1) {
    const covered = await runAndKill(run, random() * 30);
    const { events, cursor: next } = await readOn(cursor);
    cursor = next;
    const seen = events.map((event) => event.text().trimEnd());
    const numbers = seen.map((text) => Number(text.slice(text.indexOf(':') + 1))).sort((a, b) => a - b);
    expect(seen.filter((text) => !text.startsWith(`${run}:`))).toEqual([]);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.slice(0, covered)).toEqual(Array.from({ length: covered }, (_, nth) => nth));
    for (const event of events) ids.add(event.id);
    stored += events.length;
  }
  expect(ids.size).toBe(stored);
  const all = await readOn(undefined);
  expect(all.events.length).toBe(stored);
  expect(new Set(all.events.map((event) => event.id))).toEqual(ids);
});
