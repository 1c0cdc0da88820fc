// The order of appends against a plain list.
import { expect, test } from 'vitest';
import { AppendOrder } from '../../../../src/adapters/memory/append-order.ts';
import { seededRandom } from '../../../../src/testing/index.ts';

test('is empty at first', () => {
  expect(new AppendOrder().oldest()).toBeUndefined();
});

test('gives events back in the order of their appends, through growth and wrap-around', () => {
  const random = seededRandom(7);
  const order = new AppendOrder();
  const list: number[] = [];
  for (let step = 0; step < 5000; step += 1) {
    if (random() < 0.52) {
      const shard = Math.floor(random() * 3);
      const count = 1 + Math.floor(random() * 3);
      order.push(shard, count);
      list.push(...Array(count).fill(shard));
    }
    const oldest = order.oldest();
    expect(oldest?.shard).toBe(list[0]);
    if (oldest === undefined || random() < 0.4) continue;
    const count = 1 + Math.floor(random() * oldest.count);
    expect(list.splice(0, count).every((shard) => shard === oldest.shard)).toBe(true);
    order.take(count);
  }
});

test('merges runs of one shard, and begins another before a count overflows', () => {
  const order = new AppendOrder();
  order.push(5, 3);
  order.push(5, 4);
  expect(order.oldest()).toEqual({ shard: 5, count: 7 });
  order.push(5, 0xffff_ffff);
  order.take(7);
  expect(order.oldest()).toEqual({ shard: 5, count: 0xffff_ffff });
});
