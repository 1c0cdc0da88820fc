// Which ring each slot belongs to when rings come and go.
import { expect, test } from 'vitest';
import { SLOTS } from '../../../kernel/layout.ts';
import { SlotMap } from '../../../src/shard/slot-map.ts';

function mapOf(rings: number): SlotMap {
  const map = new SlotMap();
  for (let ring = 0; ring < rings; ring += 1) map.add(ring);
  return map;
}

function shares(map: SlotMap): number[] {
  const counts = new Map<number, number>();
  for (const ring of map.rings) counts.set(ring, (counts.get(ring) ?? 0) + 1);
  for (const [ring, count] of counts) expect(map.shareOf(ring)).toBe(count);
  return [...counts.values()];
}

function spread(map: SlotMap): number {
  const counts = shares(map);
  return Math.max(...counts) - Math.min(...counts);
}

test('every ring gets its share of the slots, give or take one', () => {
  for (const rings of [1, 2, 3, 7, 64, 255, 256]) {
    const map = mapOf(rings);
    expect(shares(map).length).toBe(rings);
    expect(spread(map)).toBeLessThanOrEqual(1);
  }
});

test('S1 a ring that comes takes its fair share, and no other slot moves', () => {
  for (let rings = 1; rings <= 64; rings += 1) {
    const map = mapOf(rings);
    const before = Uint16Array.from(map.rings);
    map.add(rings);
    let moved = 0;
    for (let slot = 0; slot < SLOTS; slot += 1) {
      if (map.rings[slot] === before[slot]) continue;
      moved += 1;
      expect(map.rings[slot]).toBe(rings);
    }
    const fair = SLOTS / (rings + 1);
    expect(Math.abs(moved - fair)).toBeLessThan(fair * 0.2);
    expect(spread(map)).toBeLessThanOrEqual(1);
  }
});

test('S1 rings that go give their slots to the others evenly, and no other slot moves', () => {
  const map = mapOf(9);
  const before = Uint16Array.from(map.rings);
  map.remove(new Set([2, 5]), [0, 1, 3, 4, 6, 7, 8]);
  for (let slot = 0; slot < SLOTS; slot += 1) {
    const was = before[slot] as number;
    if (was === 2 || was === 5) expect([2, 5]).not.toContain(map.rings[slot]);
    else expect(map.rings[slot]).toBe(was);
  }
  expect(spread(map)).toBeLessThanOrEqual(1);
  map.add(2);
  expect(spread(map)).toBeLessThanOrEqual(1);
});

test('shares that became uneven, since a ring could take none, are evened out by the next that comes', () => {
  const map = mapOf(4);
  map.remove(new Set([0]), [1]);
  expect(map.shareOf(1)).toBe(2 * map.shareOf(2));
  map.add(0);
  expect(spread(map)).toBeLessThanOrEqual(1);
});

test('without a ring to go to, slots cannot be taken away', () => {
  expect(() => mapOf(1).remove(new Set([0]), [])).toThrow(/no ring is left/);
});
