// C4: the bound, holds by lanes and by failing shards, late events; T1: what the clock learns from reading.
import { beforeEach, describe, expect, test } from 'vitest';
import { Poller } from '../../../src/consume/poller.ts';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import { ManualEnvironment } from '../../../src/testing/manual-environment.ts';
import { SampleSource } from '../../support/sample-source.ts';

const NOW_MS = 1_700_000_000_000;
const NOW_NS = BigInt(NOW_MS) * 1_000_000n;
const MS = 1_000_000n;

let environment: ManualEnvironment;
let source: SampleSource;
let poller: Poller;

beforeEach(() => {
  environment = new ManualEnvironment({ wallMs: NOW_MS });
  source = new SampleSource({ environment });
  poller = new Poller(source);
});

function poll(from?: string, options: { limit?: number; shards?: number[] } = {}) {
  return poller.poll({ limit: 100, ordering: 'timestamp', from, ...options });
}

function stamps(page: Awaited<ReturnType<typeof poll>>): number[] {
  return page.events.map(({ timestampNs }) => Number((timestampNs - NOW_NS) / MS));
}

function add(shard: number, offsetMs: number): void {
  source.store.add(shard, NOW_NS + BigInt(offsetMs) * MS);
}

function failing(...shards: number[]): void {
  source.store.beforePoll = (shard) => {
    if (shards.includes(shard)) throw new AdapterError('Transient', 'away');
  };
}

describe('Timestamp order', () => {
  test('C4 shards are merged by stamp, then by shard', async () => {
    for (const [shard, offset] of [
      [0, -9],
      [0, -5],
      [1, -8],
      [1, -5],
      [2, -7],
    ] as const)
      add(shard, offset);
    const page = await poll();
    expect(stamps(page)).toEqual([-9, -8, -7, -5, -5]);
    expect(page.events.map(({ shard }) => shard)).toEqual([0, 1, 2, 0, 1]);
    expect(page).toMatchObject({ hasMore: false, heldShards: [] });
  });

  test('C4 a pending lane holds younger events back and is listed, and no poll waits for it', async () => {
    for (const offset of [-30, -20, -10]) add(0, offset);
    source.lanes = [{ shard: 1, oldestTimestampNs: NOW_NS - 15n * MS }];
    const page = await poll();
    expect(stamps(page)).toEqual([-30, -20]);
    expect(page).toMatchObject({ hasMore: false, heldShards: [1] });
    expect((await poll(page.cursor)).cursor).toBe(page.cursor);
    add(1, -15);
    source.lanes = [];
    const rest = await poll(page.cursor);
    expect(stamps(rest)).toEqual([-15, -10]);
    expect(rest.events.some(({ late }) => late)).toBe(false);
  });

  test('C4 a lane that holds nothing back is not listed, and one outside the request does not count', async () => {
    add(0, -30);
    source.lanes = [{ shard: 1, oldestTimestampNs: NOW_NS - 15n * MS }];
    expect((await poll()).heldShards).toEqual([]);
    add(0, -10);
    expect(stamps(await poll(undefined, { shards: [0] }))).toEqual([-30, -10]);
  });

  test('C4 after maxHoldMs the page goes on without the lane, and what comes then is late, once', async () => {
    add(0, -10);
    source.lanes = [{ shard: 1, oldestTimestampNs: NOW_NS - 15n * MS }];
    expect((await poll()).events).toEqual([]);
    await environment.advance(source.maxHoldMs);
    const page = await poll();
    expect(stamps(page)).toEqual([-10]);
    expect(page.heldShards).toEqual([]);
    add(1, -15);
    add(0, 5);
    source.lanes = [];
    const rest = await poll(page.cursor);
    expect(stamps(rest)).toEqual([-15, 5]);
    expect(rest.events.map(({ late }) => late)).toEqual([true, false]);
    expect((await poll(rest.cursor)).events).toEqual([]);
  });

  test.each([
    ['back', -86_400_000],
    ['forward', 86_400_000],
  ])('C4 a wall clock that is set %s a day changes no hold', async (_name, stepMs) => {
    add(0, -10);
    source.lanes = [{ shard: 1, oldestTimestampNs: NOW_NS - 15n * MS }];
    environment.setWallMs(NOW_MS + stepMs);
    expect((await poll()).heldShards).toEqual([1]);
    await environment.advance(source.maxHoldMs - 1);
    expect((await poll()).heldShards).toEqual([1]);
    await environment.advance(1);
    expect(stamps(await poll())).toEqual([-10]);
  });

  test('C4 another writer whose stamps are stored out of order is returned once, marked late', async () => {
    for (const offset of [-9, -3, -7, -2]) add(0, offset);
    const page = await poll();
    expect(stamps(page)).toEqual([-9, -3, -7, -2]);
    expect(page.events.map(({ late }) => late)).toEqual([false, false, true, false]);
    const bySequence = await poller.poll({ limit: 100 });
    expect(bySequence.events.some(({ late }) => late)).toBe(false);
    expect(bySequence.cursor).toBe(page.cursor);
  });

  test('C4 C5 a failing shard holds the order back, is listed, and is left out after maxHoldMs', async () => {
    add(0, -10);
    add(1, -20);
    failing(1);
    const page = await poll();
    expect(page).toMatchObject({ events: [], hasMore: false, heldShards: [1], failedShards: [{ shard: 1 }] });
    await environment.advance(source.maxHoldMs);
    const without = await poll(page.cursor);
    expect(stamps(without)).toEqual([-10]);
    expect(without).toMatchObject({ heldShards: [], failedShards: [{ shard: 1 }] });
    source.store.beforePoll = undefined;
    const late = await poll(without.cursor);
    expect(late.events.map((event) => [event.shard, event.late])).toEqual([[1, true]]);
    failing(1);
    add(0, -5);
    expect((await poll(late.cursor)).heldShards).toEqual([1]);
  });

  test('C5 when all shards fail, poll rejects', async () => {
    add(0, -10);
    failing(0);
    await expect(poll()).rejects.toMatchObject({ kind: 'Adapter', cause: { kind: 'Transient' } });
  });

  test('C4 what arrives while a poll reads comes on a later page', async () => {
    for (const offset of [-30, -20]) add(0, offset);
    source.store.beforePoll = (shard) => {
      if (shard === 0) source.store.beforePoll = undefined;
      source.clockNs = NOW_NS + 50n * MS;
      add(1, 40);
      add(0, 50);
    };
    const page = await poll();
    expect(stamps(page)).toEqual([-30, -20]);
    expect(page.hasMore).toBe(true);
    expect(stamps(await poll(page.cursor))).toEqual([40, 50]);
  });

  test('C6 hasMore is exact when the page ends where the hold begins', async () => {
    for (const offset of [-30, -20, -10]) add(0, offset);
    source.lanes = [{ shard: 1, oldestTimestampNs: NOW_NS - 15n * MS }];
    expect((await poll(undefined, { limit: 1 })).hasMore).toBe(true);
    expect((await poll(undefined, { limit: 2 })).hasMore).toBe(false);
  });
});

describe('the clock', () => {
  test('T1 stamps that were read are adopted, in both orders', async () => {
    add(0, 500);
    await poller.poll({ limit: 10 });
    expect(source.clockNs).toBe(NOW_NS + 500n * MS);
    add(0, 900);
    const page = await poll();
    expect(source.clockNs).toBe(NOW_NS + 900n * MS);
    expect(page.hasMore).toBe(true);
    expect(stamps(await poll(page.cursor))).toEqual([900]);
  });

  test('T1 a stamp more than maxClockDriftMs ahead is reported once, not adopted, and holds itself back', async () => {
    add(0, 500);
    add(0, 60_001);
    await poller.poll({ limit: 10 });
    const page = await poll();
    expect(source.clockNs).toBe(NOW_NS + 500n * MS);
    expect(source.findings).toMatchObject([{ kind: 'clock-ahead' }]);
    expect(stamps(page)).toEqual([500]);
    expect(page).toMatchObject({ hasMore: false, heldShards: [0] });
    await environment.advance(60_001);
    expect(stamps(await poll(page.cursor))).toEqual([60_001]);
  });
});
