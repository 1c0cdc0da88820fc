// What an event costs does not depend on the size of the mesh: counts, no times.
import { ok } from 'node:assert/strict';
import { test } from 'vitest';
import { costOfEvent } from './growth.ts';

test('one event costs a receiving node the same whether the mesh has 5 or 40 nodes', async () => {
  const few = await costOfEvent(5);
  const many = await costOfEvent(40);
  const within = (a: number, b: number): boolean => Math.abs(a - b) <= 0.1 * Math.max(a, b);
  ok(within(few.messages, many.messages), `${few.messages} and ${many.messages} messages`);
  ok(within(few.bytes, many.bytes), `${few.bytes} and ${many.bytes} bytes`);
  ok(within(few.storeCalls, many.storeCalls), `${few.storeCalls} and ${many.storeCalls} calls of the store`);
});
