// How subscriptions end: quietly, at once, and without leaving anything behind.
import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Poller } from '../../../src/consume/poller.ts';
import { Subscription } from '../../../src/consume/subscription.ts';
import { systemEnvironment } from '../../../src/util/environment.ts';
import { SampleSource } from '../../support/sample-source.ts';

function filled(count: number): { source: SampleSource; poller: Poller } {
  const source = new SampleSource({ environment: systemEnvironment() });
  for (let n = 0; n < count; n += 1) source.store.add(n % 2, 1000 + n);
  return { source, poller: new Poller(source) };
}

function expectNothingLeft(source: SampleSource, signal: AbortSignal): void {
  expect(source.store.watchers.size).toBe(0);
  expect(source.listeners.size).toBe(0);
  expect(getEventListeners(source.closed, 'abort')).toEqual([]);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
}

async function drain(subscription: Subscription): Promise<number> {
  let count = 0;
  for await (const _event of subscription) count += 1;
  return count;
}

describe('the end of a subscription', () => {
  test('an abort inside the loop ends it there, and no read starts after it', async () => {
    const { source, poller } = filled(100_000);
    const controller = new AbortController();
    let count = 0;
    for await (const _event of new Subscription(poller, { signal: controller.signal })) {
      count += 1;
      if (count === 10) controller.abort();
    }
    expect(count).toBe(10);
    expect(source.store.polls).toHaveLength(2);
    expectNothingLeft(source, controller.signal);
  });

  test('an abort while it waits ends it', async () => {
    const { source, poller } = filled(3);
    const controller = new AbortController();
    const draining = drain(new Subscription(poller, { signal: controller.signal, ordering: 'timestamp' }));
    while (source.store.polls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect(await draining).toBeLessThanOrEqual(3);
    expectNothingLeft(source, controller.signal);
  });

  test('a signal that had aborted, and one that aborts before the first next, read nothing', async () => {
    const { source, poller } = filled(3);
    expect(await drain(new Subscription(poller, { signal: AbortSignal.abort() }))).toBe(0);
    const controller = new AbortController();
    const subscription = new Subscription(poller, { signal: controller.signal });
    controller.abort();
    expect(await drain(subscription)).toBe(0);
    expect(source.store.polls).toEqual([]);
    expectNothingLeft(source, controller.signal);
  });

  test('500 that are left by break, 100 by throw and 100 that end at shutdown leave no listener', async () => {
    const { source, poller } = filled(5);
    const { signal } = new AbortController();
    for (let n = 0; n < 600; n += 1) {
      const leave = async (): Promise<void> => {
        for await (const _event of new Subscription(poller, { signal })) {
          if (n >= 500) throw new Error('enough');
          break;
        }
      };
      await leave().catch((error) => expect(error.message).toBe('enough'));
      expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1);
    }
    const waiting = Array.from({ length: 100 }, () => drain(new Subscription(poller, { signal })));
    while (source.store.watchers.size < 100) await new Promise((resolve) => setImmediate(resolve));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await source.close();
    expect(Math.max(...(await Promise.all(waiting)))).toBeLessThanOrEqual(5);
    expectNothingLeft(source, signal);
  });

  test('a shutdown ends it for a slow consumer too, and one that is made afterwards is told', async () => {
    const { source, poller } = filled(10);
    const { signal } = new AbortController();
    const subscription = new Subscription(poller, { signal });
    await subscription.next();
    await source.close();
    expectNothingLeft(source, signal);
    expect(await subscription.next()).toEqual({ done: true, value: undefined });
    const later = new Subscription(poller, { signal }).next();
    await expect(later).rejects.toMatchObject({ kind: 'Adapter', cause: { kind: 'Shutdown' } });
  });

  test('return ends a next that waits, and calls of next at once are served in order', async () => {
    const { source, poller } = filled(3);
    const subscription = new Subscription(poller, { shards: [0] });
    const steps = Array.from({ length: 4 }, () => subscription.next());
    expect((await Promise.all(steps.slice(0, 2))).map(({ value }) => value?.sequence)).toEqual([0, 1]);
    expect(await subscription.return()).toEqual({ done: true, value: undefined });
    expect((await Promise.all(steps.slice(2))).map(({ done }) => done)).toEqual([true, true]);
    await expect(subscription.throw(new Error('mine'))).rejects.toThrow('mine');
    expectNothingLeft(source, new AbortController().signal);
  });

  test('one that was never read has nothing to leave', async () => {
    const { source, poller } = filled(3);
    const { signal } = new AbortController();
    await new Subscription(poller, { signal, from: 'latest' }).return();
    await new Subscription(poller, { signal })[Symbol.asyncDispose]();
    expectNothingLeft(source, signal);
  });
});
