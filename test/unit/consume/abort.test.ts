// Signals of a poll: nothing starts after the abort, what is under way sees it, and no listener stays.
import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Poller } from '../../../src/consume/poller.ts';
import { SampleSource } from '../../support/sample-source.ts';

function filled(): SampleSource {
  const source = new SampleSource();
  for (let n = 0; n < 40; n += 1) source.store.add(n % 4, 1000 + n);
  return source;
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

describe('a poll and its signal', () => {
  test('an aborted poll rejects with the reason, starts no read, and the one under way sees it', async () => {
    const source = filled();
    const controller = new AbortController();
    const reason = new Error('enough');
    source.store.beforePoll = (_shard, signal) => untilAborted(signal);
    const polling = new Poller(source).poll({ limit: 10 }, { signal: controller.signal });
    polling.catch(() => undefined);
    while (source.store.polls.length === 0) await Promise.resolve();
    controller.abort(reason);
    await expect(polling).rejects.toBe(reason);
    const started = source.store.polls.length;
    expect(source.store.polls.every(({ signal }) => signal.aborted)).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(source.store.polls).toHaveLength(started);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test('a signal that had aborted before reads nothing', async () => {
    const source = filled();
    await expect(new Poller(source).poll({ limit: 1 }, { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    expect(source.store.polls).toEqual([]);
  });

  test('a thousand polls leave no listener, and fifty at once have one', async () => {
    const source = filled();
    const poller = new Poller(source);
    const { signal } = new AbortController();
    for (let n = 0; n < 1000; n += 1) await poller.poll({ limit: 1 }, { signal });
    let most = 0;
    source.store.beforePoll = () => {
      most = Math.max(most, getEventListeners(signal, 'abort').length);
    };
    const all = Array.from({ length: 50 }, () => poller.poll({ limit: 1 }, { signal }));
    await Promise.all(all);
    expect(most).toBe(1);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
