// Field case 18: one application-wide signal given to every poll and subscription. Nothing of them may stay on it.
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EventBus, memory } from '../../src/index.ts';

const EVENTS = 20;
let bus: EventBus;
let abort: AbortController;
let warnings: Error[];
const onWarning = (warning: Error): void => void warnings.push(warning);

beforeEach(async () => {
  warnings = [];
  process.on('warning', onWarning);
  abort = new AbortController();
  bus = (await EventBus.create({ adapter: memory() })) as EventBus;
  for (let index = 0; index < EVENTS; index += 1) bus.ingest({ index });
  await bus.flush();
});

afterEach(async () => {
  process.off('warning', onWarning);
  await bus.shutdown();
});

function listeners(): number {
  return getEventListeners(abort.signal, 'abort').length;
}

test('case 18 5,000 polls with one signal leave no listener, and one or two while they run', async () => {
  for (let round = 0; round < 100; round += 1) {
    const polls = Array.from({ length: 50 }, () => bus.poll({ limit: EVENTS }, { signal: abort.signal }));
    expect(listeners()).toBeLessThanOrEqual(3);
    for (const page of await Promise.all(polls)) expect(page.events).toHaveLength(EVENTS);
  }
  expect(listeners()).toBe(0);
  expect(warnings).toEqual([]);
});

test('case 18 500 subscriptions left by break, and 100 left by throw, leave no listener', async () => {
  for (let nth = 0; nth < 500; nth += 1) {
    for await (const _ of bus.subscribe({ signal: abort.signal })) break;
  }
  const fail = async (): Promise<void> => {
    for await (const event of bus.subscribe({ signal: abort.signal })) throw new Error(event.id);
  };
  for (let nth = 0; nth < 100; nth += 1) await expect(fail()).rejects.toThrow('/');
  expect(listeners()).toBe(0);
  expect(warnings).toEqual([]);
});

test('case 18 100 subscriptions that shutdown ends leave no listener, and share one while they wait', async () => {
  const waiting = Array.from({ length: 100 }, async () => {
    let seen = 0;
    for await (const _ of bus.subscribe({ signal: abort.signal })) seen += 1;
    return seen;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(listeners()).toBeLessThanOrEqual(3);
  await bus.shutdown();
  const seen = await Promise.all(waiting);
  expect(Math.max(...seen)).toBeLessThanOrEqual(EVENTS);
  expect(listeners()).toBe(0);
  expect(warnings).toEqual([]);
});
