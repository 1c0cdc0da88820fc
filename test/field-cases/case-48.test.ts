// Field case 48: a disk that is full in the middle of an entry, in every mode, on a file system of 8 MB; and its kin.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type Backpressure, EventBus, log } from '../../src/index.ts';
import { within } from '../../src/testing/index.ts';
import { Program } from '../faults/log/bundle.ts';

const root = mkdtempSync(join(tmpdir(), 'meshbus-48-'));
const disk = join(root, 'disk');
mkdirSync(disk);
const canMount = mount('size=8m');
spawnSync('umount', ['-l', disk]);

const limited = new Program(`
  import { EventBus, log } from './src/index.ts';
  const bus = await EventBus.create({ adapter: log(process.argv[2]), shards: 1, backpressure: 'block' });
  for (let n = 0; n < 3000; n += 1) await bus.ingestRaw(String(n).padEnd(1000));
  await bus.flush();
  const page = await bus.poll({ limit: 100_000 });
  await bus.shutdown();
  console.log(JSON.stringify({ stored: page.events.length, last: page.events.at(-1).text().trimEnd() }));`);

afterEach(() => void spawnSync('umount', ['-l', disk]));
afterAll(() => {
  limited.remove();
  rmSync(root, { recursive: true });
});

function mount(options: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk]).status === 0;
}

/** Numbers of the stored events, in order. */
async function numbers(bus: EventBus): Promise<number[]> {
  const found: number[] = [];
  for (let from: string | undefined; ; ) {
    const page = await bus.poll({ limit: 100_000, ...(from === undefined ? {} : { from }) });
    found.push(...page.events.map((event) => Number(event.text())));
    from = page.cursor;
    if (!page.hasMore) return found;
  }
}

/** Ingests until the disk has no room for what is pending; the numbers that were accepted. */
async function fill(bus: EventBus): Promise<number[]> {
  const accepted: number[] = [];
  for (let n = 0; ; n += 1) {
    if (bus.tryIngestRaw(String(n).padEnd(1000)) === 'accepted') accepted.push(n);
    if (n % 50 > 0) continue;
    await new Promise((resolve) => setImmediate(resolve));
    const { bavail, bsize } = statfsSync(disk);
    const isRefused = bus.stats.shards[0]?.state === 'retrying';
    if (isRefused && bavail * bsize < 40 * 1100 && bus.stats.eventsPending > 400) return accepted;
  }
}

const MODES: readonly Backpressure[] = ['block', 'drop-newest', 'drop-oldest'];

test.skipIf(!canMount).each(MODES)('case 48: a full disk in the mode %s, and room again', async (backpressure) => {
  mount('size=8m');
  const ballast = join(disk, 'ballast');
  writeFileSync(ballast, Buffer.alloc(5_000_000));
  const folder = join(disk, 'log');
  const adapter = log(folder, { segmentBytes: 1_000_000 });
  const options = { adapter, shards: 1, ringCapacity: 512, backpressure, retry: { maxDelayMs: 20 } };
  const bus = (await EventBus.create(options)) as EventBus;
  const accepted = await fill(bus);
  const flushing = bus.flush();
  await expect(within(200, flushing)).rejects.toThrow('did not settle'); // It can't be on disk, and flush does not say so.
  const stored = await numbers(bus);
  const reader = (await EventBus.create({ adapter: log(folder, { readOnly: true }) })) as EventBus;
  expect(await numbers(reader)).toEqual(stored);
  await expect(EventBus.create({ adapter: log(folder) })).rejects.toMatchObject({ kind: 'Connection' });
  // A new log needs a page or two, which may be left.
  const other = await EventBus.create({ adapter: log(join(disk, 'other')) }).catch((error) => error.kind);
  if (other instanceof EventBus) await other.shutdown();
  else expect(other).toBe('Backpressure');
  rmSync(ballast);
  const counts = await within(10_000, flushing);
  const evicted = bus.stats.droppedByReason.evicted;
  const found = await numbers(bus);
  expect(found.length).toBe(accepted.length - evicted);
  expect(found).toEqual(accepted.filter((n) => found.includes(n)));
  expect(new Set(found).size).toBe(found.length);
  expect(counts.dispatched).toBe(found.length);
  expect(await numbers(reader)).toEqual(found);
  await reader.shutdown();
  await bus.shutdown();
  expect(bus.stats.eventsDispatched + bus.stats.eventsDropped).toBe(bus.stats.eventsIngested);
  const again = (await EventBus.create({ adapter: log(folder) })) as EventBus;
  expect(await numbers(again)).toEqual(found);
  await again.shutdown();
});

test.skipIf(!canMount)(
  'case 48: a disk that stays full: shutdown tells what was stranded, and the rest is there',
  async () => {
    mount('size=4m');
    const folder = join(disk, 'log');
    const options = { adapter: log(folder, { segmentBytes: 1_000_000 }), shards: 1, shutdownTimeoutMs: 500 };
    const bus = (await EventBus.create(options)) as EventBus;
    for (let n = 0; n < 6000; n += 1) {
      bus.tryIngestRaw(String(n).padEnd(1000));
      if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await expect(bus.shutdown()).rejects.toMatchObject({ kind: 'Fatal' });
    expect(bus.stats.shutdownWasLossy).toBe(true);
    expect(bus.stats.eventsDispatched + bus.stats.eventsDropped).toBe(bus.stats.eventsIngested);
    const reader = (await EventBus.create({ adapter: log(folder, { readOnly: true }) })) as EventBus;
    expect((await numbers(reader)).length).toBe(bus.stats.eventsDispatched);
    await reader.shutdown();
  },
);

test.skipIf(!canMount)('case 48: inodes used up: refused until there are some', async () => {
  mount('size=8m,nr_inodes=12');
  const folder = join(disk, 'log');
  const options = {
    adapter: log(folder, { segmentBytes: 4096 }),
    shards: 1,
    batch: { maxEvents: 2 },
    retry: { maxDelayMs: 20 },
  };
  const bus = (await EventBus.create(options)) as EventBus;
  for (let n = 0; n < 100; n += 1) {
    bus.ingestRaw(String(n).padEnd(1000));
    if (n < 8) await bus.flush();
  }
  const flushing = bus.flush();
  await expect(within(200, flushing)).rejects.toThrow('did not settle');
  spawnSync('mount', ['-o', 'remount,nr_inodes=500', disk]);
  await within(10_000, flushing);
  expect(await numbers(bus)).toEqual(Array.from({ length: 100 }, (_, n) => n));
  await bus.shutdown();
});

test('case 48: a limit on the size of files makes more files', async () => {
  const program = limited.start([join(root, 'limited')], ['bash', '-c', 'ulimit -f 256; exec "$0" "$@"']);
  const line = await program.line();
  await program.kill();
  expect(JSON.parse(line ?? '{}')).toEqual({ stored: 3000, last: '2999' });
});
