// Field case 18: each call given the same long-lived signal leaves a listener on it. Here: flush and Block ingests.
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { memory } from '../../src/adapters/memory/index.ts';
import { EventBus } from '../../src/bus/event-bus.ts';

const warnings: Error[] = [];
const note = (warning: Error): void => void warnings.push(warning);
beforeEach(() => {
  warnings.length = 0;
  process.on('warning', note);
});
afterEach(() => {
  process.removeListener('warning', note);
});

function listeners(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length;
}

async function openBlocking(): Promise<EventBus<unknown, 'block'>> {
  return EventBus.create({ adapter: memory(), backpressure: 'block', ringCapacity: 8, shards: 1 });
}

test('case 18 awaited Block ingests with one signal, half of them waiting, leave no listener', async () => {
  const bus = await openBlocking();
  const { signal } = new AbortController();
  let waited = 0;
  let most = 0;
  for (let nth = 0; nth < 5000; nth += 16) {
    const ingests = Array.from({ length: 16 }, () => bus.ingestRaw('x', { signal }));
    waited += bus.stats.eventsWaiting;
    most = Math.max(most, listeners(signal));
    await Promise.all(ingests);
  }
  expect(waited).toBeGreaterThanOrEqual(2500);
  expect(most).toBeLessThanOrEqual(4);
  expect(listeners(signal)).toBe(0);
  await bus.shutdown();
  expect(warnings).toEqual([]);
});

test('case 18 flushes with one signal, one by one and all at once, leave no listener', async () => {
  const bus = await openBlocking();
  const { signal } = new AbortController();
  for (let nth = 0; nth < 250; nth += 1) {
    await bus.ingestRaw('x');
    await bus.flush({ signal });
  }
  const flushes = Array.from({ length: 250 }, () => bus.flush({ signal }));
  expect(listeners(signal)).toBeLessThanOrEqual(4);
  await Promise.all(flushes);
  expect(listeners(signal)).toBe(0);
  await bus.shutdown({ signal });
  await bus.shutdown({ signal });
  expect(listeners(signal)).toBe(0);
  expect(warnings).toEqual([]);
});
