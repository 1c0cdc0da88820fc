// How long a reader is held for a cover that does not come.
import { strictEqual } from 'node:assert/strict';
import { test } from 'vitest';
import { CoverPatience } from '../../../../../src/adapters/net/store/cover-patience.ts';

function patienceOf(clock: { nowMs: number }): CoverPatience {
  return new CoverPatience({ monotonicMs: () => clock.nowMs, wallMs: () => 1.5, patienceMs: 100 });
}

test('patience counts from the first reader that needs a cover, for each cover by itself', () => {
  const clock = { nowMs: 0 };
  const patience = patienceOf(clock);
  strictEqual(patience.isOver(['a']), false);
  clock.nowMs = 60;
  strictEqual(patience.isOver(['a', 'b']), false);
  clock.nowMs = 100;
  strictEqual(patience.isOver(['a']), true);
  strictEqual(patience.isOver(['a', 'b']), false);
  clock.nowMs = 160;
  strictEqual(patience.isOver(['a', 'b']), true);
});

test('covers that are waited for are bounded: the oldest begin anew', () => {
  const clock = { nowMs: 0 };
  const patience = patienceOf(clock);
  for (let nth = 0; nth < 2000; nth += 1) patience.isOver([`c${nth}`]);
  clock.nowMs = 100;
  strictEqual(patience.isOver(['c1999']), true);
  strictEqual(patience.isOver(['c0']), false);
});

test('the time of day is told in whole milliseconds, no earlier than it is', () => {
  strictEqual(patienceOf({ nowMs: 0 }).wallMs(), 2);
});
