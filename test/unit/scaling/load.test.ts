// What samples come to: rates, shares and means over the window, and from when on they count.
import { expect, test } from 'vitest';
import { LoadWindow } from '../../../src/scaling/load.ts';
import { sampleOf } from './support/made-samples.ts';

const AT_WORK = {
  ingested: 3000,
  dispatched: 2500,
  refused: 1000,
  evicted: 250,
  failures: 1,
  batches: 4,
  fillSum: 3,
  waitMs: 100,
  busyMs: 900,
};

test('S3 load is the difference of two samples, per second or per batch', () => {
  const window = new LoadWindow(1000);
  window.observe([sampleOf(7, { ingested: 1000, batches: 0 })], 500);
  const { shards, spanMs, isComplete } = window.observe([sampleOf(7, AT_WORK)], 2500);
  expect([spanMs, isComplete]).toEqual([2000, true]);
  expect(shards).toEqual([
    {
      shard: 7,
      state: 'active',
      fill: 0.75,
      peakFill: 0.75,
      busy: 0.45,
      arrivalRate: 1500,
      ingestRate: 1000,
      dispatchRate: 1250,
      rejectRate: 625,
      failures: 0.2,
      dispatchMs: 25,
      roundTripMs: 225,
      longestMs: 0,
      idleMs: 0,
    },
  ]);
});

test('a shard none of whose batches ended is as full as its ring is now, and has no times', () => {
  const window = new LoadWindow(1000);
  window.observe([sampleOf(0)], 0);
  const [load] = window.observe([sampleOf(0, { fill: 0.4, busyMs: 1000 })], 1000).shards;
  expect(load).toMatchObject({ fill: 0.4, busy: 1, failures: 0, longestMs: 1000 });
  expect(load).not.toHaveProperty('dispatchMs');
  expect(load).not.toHaveProperty('roundTripMs');
});

test('S3 the first window of a bus is not complete', () => {
  const window = new LoadWindow(1000);
  expect(window.observe([sampleOf(0)], 0)).toMatchObject({ spanMs: 0, isComplete: false, young: [0], shards: [] });
  expect(window.observe([sampleOf(0)], 999)).toMatchObject({ isComplete: false, young: [] });
  expect(window.observe([sampleOf(0)], 1000)).toMatchObject({ isComplete: true, young: [] });
});

test('S3 a shard is young until it has been there for a window; one that is being removed has no load', () => {
  const window = new LoadWindow(1000);
  for (let atMs = 0; atMs <= 1000; atMs += 100) window.observe([sampleOf(0), sampleOf(1)], atMs);
  const samples = [sampleOf(0), sampleOf(1, { state: 'draining' }), sampleOf(2)];
  for (let atMs = 1100; atMs < 2100; atMs += 100) {
    const load = window.observe(samples, atMs);
    expect([load.young, load.draining, load.shards.map(({ shard }) => shard)]).toEqual([[2], [1], [0]]);
  }
  expect(window.observe(samples, 2100).young).toEqual([]);
});

test('the window slides: what is older than it counts no more', () => {
  const window = new LoadWindow(1000);
  for (let atMs = 0; atMs <= 5000; atMs += 100) {
    const { shards } = window.observe([sampleOf(0, { ingested: Math.min(atMs, 2000) })], atMs);
    if (atMs >= 1000 && atMs <= 2000) expect(shards[0]?.ingestRate).toBe(1000);
    if (atMs >= 3000) expect(shards[0]).toMatchObject({ ingestRate: 0, idleMs: atMs - 2000 });
  }
});

test('the window is kept however often, seldom or unevenly somebody looks', () => {
  const window = new LoadWindow(1000);
  for (let atMs = 0; atMs <= 3000; atMs += 1) {
    const { spanMs } = window.observe([sampleOf(0)], atMs);
    expect(spanMs).toBe(Math.min(atMs, spanMs));
    if (atMs >= 1000) expect(spanMs).toBeGreaterThanOrEqual(1000);
    expect(spanMs).toBeLessThanOrEqual(1100);
  }
  expect(window.observe([sampleOf(0)], 60_000).spanMs).toBe(57_000);
  expect(window.observe([sampleOf(0)], 61_000).spanMs).toBe(1000);
});

test('the longest time without an end of a batch is seen, also when it lies inside the window', () => {
  const window = new LoadWindow(1000);
  let load = window.observe([sampleOf(0)], 0);
  for (let atMs = 100; atMs <= 1000; atMs += 100) {
    const batches = atMs <= 300 ? atMs / 100 : atMs <= 700 ? 3 : atMs / 100;
    load = window.observe([sampleOf(0, { batches, busyMs: atMs })], atMs);
  }
  expect(load.shards[0]?.longestMs).toBe(400);
});

test('a shard that had nothing to do is not taken for one that hangs', () => {
  const window = new LoadWindow(1000);
  window.observe([sampleOf(0, { batches: 5, busyMs: 50 })], 0);
  const [load] = window.observe([sampleOf(0, { batches: 5, busyMs: 50 })], 1000).shards;
  expect(load).toMatchObject({ longestMs: 0, busy: 0, idleMs: 1000 });
});

test('the peak of a ring counts for a window, also when samples follow closely upon one another', () => {
  const window = new LoadWindow(1000);
  for (let atMs = 0; atMs <= 3000; atMs += 10) {
    const given = atMs === 510 ? { peakFill: 0.8 } : atMs === 1730 ? { fill: 0.6 } : {};
    const [load] = window.observe([sampleOf(0, given)], atMs).shards;
    if (atMs >= 510 && atMs <= 1510) expect([atMs, load?.peakFill]).toEqual([atMs, 0.8]);
    if (atMs >= 1730 && atMs <= 2730) expect([atMs, load?.peakFill]).toEqual([atMs, 0.6]);
    if (atMs >= 2900) expect([atMs, load?.peakFill]).toEqual([atMs, 0]);
  }
});
