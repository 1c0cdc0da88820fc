// What is remembered of the last change, and when the rate before it stops to matter.
import { expect, test } from 'vitest';
import { ChangeWatch } from '../../../src/scaling/last-change.ts';
import { loadOf, overloaded, shardLoadOf } from './support/made-samples.ts';

const loaded = loadOf([overloaded(0), overloaded(1)]);
const grown = loadOf([overloaded(0), overloaded(1)], { young: [2] });
const grownUp = loadOf([overloaded(0), overloaded(1), overloaded(2)]);

function changed(isOverloaded: boolean): ChangeWatch {
  const watch = new ChangeWatch();
  watch.observe(loaded, { atMs: 0, isOverloaded });
  watch.observe(grown, { atMs: 100, isOverloaded });
  return watch;
}

test('nothing is remembered while the shards stay', () => {
  const watch = new ChangeWatch();
  for (const atMs of [0, 1000]) watch.observe(loaded, { atMs, isOverloaded: true });
  expect(watch.last).toBeUndefined();
});

test('an addition to an overloaded bus is remembered with what was dispatched before', () => {
  const watch = changed(true);
  expect(watch.last).toEqual({ atMs: 100, shardsBefore: 2, overloadedRate: 2000 });
  watch.observe(grownUp, { atMs: 2000, isOverloaded: true });
  expect(watch.last).toEqual({ atMs: 100, shardsBefore: 2, overloadedRate: 2000 });
});

test('the rate before is forgotten once the bus is not overloaded, but not while shards are young', () => {
  const watch = changed(true);
  watch.observe(grown, { atMs: 200, isOverloaded: false });
  expect(watch.last?.overloadedRate).toBe(2000);
  watch.observe(grownUp, { atMs: 2000, isOverloaded: false });
  expect(watch.last).toEqual({ atMs: 100, shardsBefore: 2 });
});

test('an addition to a bus that was not overloaded has no rate', () => {
  expect(changed(false).last).toEqual({ atMs: 100, shardsBefore: 2 });
});

test('a removal, also one that only drains yet, is a change without a rate', () => {
  const watch = new ChangeWatch();
  watch.observe(loaded, { atMs: 0, isOverloaded: true });
  watch.observe(loadOf([shardLoadOf(0)], { draining: [1] }), { atMs: 100, isOverloaded: false });
  expect(watch.last).toEqual({ atMs: 100, shardsBefore: 2 });
});

test('as many other shards are a change', () => {
  const watch = new ChangeWatch();
  watch.observe(loaded, { atMs: 0, isOverloaded: false });
  watch.observe(loadOf([overloaded(0), overloaded(5)]), { atMs: 100, isOverloaded: false });
  expect(watch.last).toEqual({ atMs: 100, shardsBefore: 2 });
});
