// Producers ingest while the server is killed, connections are cut, half-opened and lose replies, and a producer itself is
// killed. At the end everything that a resolved flush covered is there, once. A minute: MESHBUS_FIRE_MS=60000.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { redis } from '../../src/adapters/redis/index.ts';
import { EventBus, type StoredEvent } from '../../src/index.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { ON_DISK, RedisServer } from '../support/servers/redis-server.ts';
import { TcpProxy } from '../support/servers/tcp-proxy.ts';
import { ChildProducer, OwnProducer } from './redis/producers.ts';

const seed = Number(process.env.MESHBUS_FIRE_SEED ?? Date.now() % 1_000_000);
const fireMs = Number(process.env.MESHBUS_FIRE_MS ?? 8000);
const PREFIX = 'fire';

let server: RedisServer;
let proxy: TcpProxy;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'meshbus-fire-'));
  server = await RedisServer.start(ON_DISK);
  proxy = await TcpProxy.start(server.port);
});

afterAll(async () => {
  await proxy.stop();
  await server.stop();
  rmSync(folder, { recursive: true });
});

function openBus(): Promise<EventBus<unknown, 'block'>> {
  const url = `redis://127.0.0.1:${proxy.port}`;
  return EventBus.create({
    adapter: redis(url, { prefix: PREFIX, replyTimeoutMs: 1000, connectTimeoutMs: 1000 }),
    shards: 2,
    backpressure: 'block',
    adapterTimeoutMs: 2000,
    retry: { maxDelayMs: 100 },
  });
}

/** A reply of the script that tells of events appended, and one that tells that all were there. */
const appended = (chunk: Buffer): boolean => /\*4\r\n:[1-9]/.test(chunk.toString('latin1'));
const skipped = (chunk: Buffer): boolean => chunk.includes('*4\r\n:0\r\n');

/** One thing that goes wrong; returns its name. */
async function strike(random: () => number, child: ChildProducer): Promise<string> {
  const pick = random();
  if (pick < 0.25) {
    proxy.cut();
    return 'cut';
  }
  if (pick < 0.6) {
    const after = random() < 0.7 ? 'cut' : 'silence';
    void proxy.loseReply({ request: (chunk) => chunk.includes('EVAL'), reply: appended, after });
    return 'reply';
  }
  if (pick < 0.75) {
    proxy.halfOpen(true);
    await delay(random() * 300); // How long is what is tried here.
    proxy.halfOpen(false);
    return 'half-open';
  }
  if (pick < 0.87) {
    await child.kill();
    child.start();
    return 'child';
  }
  await server.kill();
  await server.restart();
  return 'server';
}

/** Everything that is stored, straight from the server. */
async function readAll(): Promise<StoredEvent[]> {
  const bus = await EventBus.create({ adapter: redis(server.url, { prefix: PREFIX }) });
  const events: StoredEvent[] = [];
  for (let from: string | undefined; ; ) {
    const page = await bus.poll({ limit: 50_000, ...(from === undefined ? {} : { from }) });
    expect([page.gaps, page.failedShards]).toEqual([[], []]);
    events.push(...page.events);
    from = page.cursor;
    if (page.hasMore) continue;
    await bus.shutdown();
    return events;
  }
}

/** The numbers of each producer's events, as they are stored. */
function numbersOf(events: readonly StoredEvent[]): Map<string, number[]> {
  const numbers = new Map<string, number[]>();
  for (const event of events) {
    const [name = '', number] = event.text().split(':');
    const known = numbers.get(name) ?? [];
    known.push(Number(number));
    numbers.set(name, known);
  }
  return numbers;
}

test(
  'A2 D3 F1 under fire everything that a resolved flush covered is there once, from two buses on one prefix',
  async () => {
    console.log(`MESHBUS_FIRE_SEED=${seed}`);
    const random = seededRandom(seed);
    const skips = proxy.counting(skipped);
    const own = new OwnProducer(await openBus());
    const child = new ChildProducer(`redis://127.0.0.1:${proxy.port}`, PREFIX, folder);
    child.start();
    own.start();
    const strikes: Record<string, number> = {};
    const end = performance.now() + fireMs;
    while (performance.now() < end || skips.seen === 0) {
      await delay(random() * 400); // The random moment is what is tried here.
      const struck = await strike(random, child);
      strikes[struck] = (strikes[struck] ?? 0) + 1;
    }
    const account = await own.stop();
    await child.kill();
    child.remove();
    const events = await readAll();
    const { lostReplies } = proxy;
    console.log(
      JSON.stringify({ strikes, lostReplies, skips: skips.seen, stored: events.length, runs: child.covered }),
    );

    expect(account.eventsDispatched + account.eventsDropped).toBe(account.eventsIngested);
    expect(account.eventsDropped).toBe(0);
    expect(lostReplies).toBeGreaterThan(0);
    expect(skips.seen).toBeGreaterThan(0);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    const numbers = numbersOf(events);
    for (const each of numbers.values()) expect(new Set(each).size).toBe(each.length);
    expect(numbers.get('own')?.length).toBe(account.eventsIngested);
    expect(own.covered).toBe(account.eventsIngested);
    for (const [run, covered] of child.covered.entries()) {
      const seen = new Set(numbers.get(`child${run}`));
      const missing = Array.from({ length: covered }, (_, nth) => nth).filter((each) => !seen.has(each));
      expect([run, missing]).toEqual([run, []]);
    }
  },
  fireMs + 120_000,
);
