// Which ids a bus writes under: the lowest that are open, fresh ones, and none a second time.
import { expect, test } from 'vitest';
import type { ShardInfo } from '../../../src/adapter/contract.ts';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import { chooseShards } from '../../../src/scaling/choose-shards.ts';

function known(...shards: (number | [number])[]): ShardInfo[] {
  return shards.map((each) =>
    typeof each === 'number' ? { shard: each, sealed: false } : { shard: each[0], sealed: true },
  );
}

test('S2 a bus takes the lowest unsealed ids, then fresh ones, and never a sealed one', () => {
  expect(chooseShards(3, [])).toEqual([0, 1, 2]);
  expect(chooseShards(2, known(5, 1, 3))).toEqual([1, 3]);
  expect(chooseShards(3, known([0], [1], 7))).toEqual([2, 3, 7]);
  expect(chooseShards(1, known([0], [1], [2]))).toEqual([3]);
});

test('S2 a store that names a shard twice or gives nonsense hurts nobody', () => {
  expect(chooseShards(3, known(1, 1, 2))).toEqual([0, 1, 2]);
  expect(chooseShards(1, known(1, [1]))).toEqual([0]);
  for (const wrong of [-1, 0.5, Number.NaN, 65_536]) expect(() => chooseShards(1, known(wrong))).toThrow(AdapterError);
  const full = Array.from({ length: 65_535 }, (_, shard): [number] => [shard]);
  expect(chooseShards(1, known(...full))).toEqual([65_535]);
  expect(() => chooseShards(2, known(...full))).toThrow(/ids left/);
});

test('S2 an id that a bus has given once is not chosen again, whatever the store says of it', () => {
  expect(chooseShards(2, known(0, 1, 2), new Set([0, 1]))).toEqual([2, 3]);
  expect(chooseShards(1, [], new Set([0, 1, 3]))).toEqual([2]);
  expect(chooseShards(1, known([2]), new Set([0, 1]))).toEqual([3]);
});
