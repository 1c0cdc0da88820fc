// A process that adds and removes shards of a log while it ingests, killed at random moments, again and again over one
// folder. SCALING_KILLS says how often, SCALING_SEED where chance begins.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { EventBus, log } from '../../src/index.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { Program } from './log/bundle.ts';

const seed = Number(process.env.SCALING_SEED ?? Date.now() % 1_000_000);
const kills = Number(process.env.SCALING_KILLS ?? 25);
const root = mkdtempSync(join(tmpdir(), 'meshbus-scaling-kill-'));
const folder = join(root, 'log');
/** Prints each id that it removes once that is gone, and the count of events that each flush has covered. */
const writer = new Program(`
  import { EventBus, log } from './src/index.ts';
  const [folder, run] = process.argv.slice(2);
  const bus = await EventBus.create({ adapter: log(folder), shards: 2, backpressure: 'block', maxEventBytes: 1024 });
  console.log('open ' + bus.stats.shards.map(({ shard }) => shard).join());
  const scale = async () => {
    for (;;) {
      const added = await bus.addShards(2);
      console.log('added ' + added.join());
      const [oldest] = bus.stats.shards;
      const gone = [oldest.shard, added[0]];
      await bus.removeShards(gone);
      console.log('removed ' + gone.join());
    }
  };
  void scale();
  let count = 0;
  for (;;) {
    for (let nth = 0; nth < 40; nth += 1) {
      await bus.ingestRaw(run + ':' + count, { key: 'key ' + (count % 7) });
      count += 1;
    }
    const covered = count;
    await bus.flush();
    console.log('flushed ' + covered);
  }`);

afterAll(() => {
  writer.remove();
  rmSync(root, { recursive: true });
});

interface LifeOf {
  covered: number;
  readonly given: number[];
  readonly removed: number[];
}

async function runAndKill(run: number, afterMs: number): Promise<LifeOf> {
  const program = writer.start([folder, String(run)]);
  const life: LifeOf = { covered: 0, given: [], removed: [] };
  const take = (line = ''): void => {
    const [what, numbers = ''] = line.split(' ');
    const list = numbers.split(',').map(Number);
    if (what === 'flushed') life.covered = list[0] as number;
    else life[what === 'removed' ? 'removed' : 'given'].push(...list);
  };
  take(await program.line());
  await delay(afterMs); // The random moment is what is tried here.
  await program.kill();
  for (let line = await program.line(); line !== undefined; line = await program.line()) take(line);
  return life;
}

/** What has come behind a cursor, in the order of stamps, through a bus that opens the log to write. */
async function readOn(from: string | undefined) {
  const bus = await EventBus.create({ adapter: log(folder), shards: 2 });
  const shards = bus.stats.shards.map(({ shard }) => shard);
  const events: { id: string; key: string | undefined; text: string }[] = [];
  let cursor = from;
  for (let more = true; more; ) {
    const page = await bus.poll({
      limit: 777,
      ordering: 'timestamp',
      ...(cursor === undefined ? {} : { from: cursor }),
    });
    expect([page.gaps, page.failedShards, page.heldShards]).toEqual([[], [], []]);
    for (const event of page.events) events.push({ id: event.id, key: event.key, text: event.text() });
    [cursor, more] = [page.cursor, page.hasMore];
  }
  await bus.shutdown();
  return { events, cursor, shards };
}

test('S1 S2 C1 C2 killed while shards come and go: no id is given again, nothing flushed is lost, cursors go on', {
  timeout: 30_000 + 4000 * kills,
}, async () => {
  console.info(`scaling-kill: SCALING_SEED=${seed}`);
  const random = seededRandom(seed);
  const removed = new Set<number>();
  const ids = new Set<string>();
  let cursor: string | undefined;
  let removals = 0;
  for (let run = 0; run < kills; run += 1) {
    const life = await runAndKill(run, random() * 250);
    expect(life.given.filter((shard) => removed.has(shard))).toEqual([]);
    for (const shard of life.removed) removed.add(shard);
    removals += life.removed.length;
    const next = await readOn(cursor);
    cursor = next.cursor;
    expect(next.shards.filter((shard) => removed.has(shard))).toEqual([]);
    const numbers = next.events.map(({ text }) => Number(text.slice(text.indexOf(':') + 1)));
    expect(next.events.filter(({ text }) => !text.startsWith(`${run}:`))).toEqual([]);
    const sorted = [...numbers].sort((a, b) => a - b);
    expect(sorted.slice(0, life.covered)).toEqual(Array.from({ length: life.covered }, (_, nth) => nth));
    for (let key = 0; key < 7; key += 1) {
      const own = numbers.filter((number) => number % 7 === key);
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
    for (const { id } of next.events) {
      expect(ids.has(id)).toBe(false);
      ids.add(id);
    }
  }
  const all = await readOn(undefined);
  expect(new Set(all.events.map(({ id }) => id))).toEqual(ids);
  console.info(`scaling-kill: ${ids.size} events, ${removals} shards removed`);
  if (kills >= 20) expect(removals).toBeGreaterThan(0);
});
