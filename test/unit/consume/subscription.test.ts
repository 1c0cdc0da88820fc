// `subscribe`: replay, then live; wake-ups, ends of every kind, what is read and when.
import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, test } from 'vitest';
import { Poller } from '../../../src/consume/poller.ts';
import { Subscription } from '../../../src/consume/subscription.ts';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import { ManualEnvironment } from '../../../src/testing/manual-environment.ts';
import { SampleSource } from '../../support/sample-source.ts';
import { SampleStore } from '../../support/sample-store.ts';

let environment: ManualEnvironment;
let source: SampleSource;

beforeEach(() => {
  environment = new ManualEnvironment();
  source = new SampleSource({ environment });
});

function add(count: number, shard = 0): void {
  for (let n = 0; n < count; n += 1) source.store.add(shard, 1000 + n);
}

function subscribe(options: object = {}): Subscription {
  return new Subscription(new Poller(source), options);
}

/** Consumes in the background; `ids` grows as events come. */
function consume(subscription: Subscription) {
  const ids: string[] = [];
  const state = { ids, ended: false, error: undefined as unknown };
  const run = async (): Promise<void> => {
    for await (const event of subscription) ids.push(event.id);
  };
  run().then(
    () => {
      state.ended = true;
    },
    (error) => {
      state.error = error;
    },
  );
  return state;
}

function nothingLeft(signal?: AbortSignal): void {
  expect(source.store.watchers.size).toBe(0);
  expect(source.listeners.size).toBe(0);
  expect(getEventListeners(source.closed, 'abort')).toEqual([]);
  if (signal !== undefined) expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(environment.waiting).toBe(0);
}

describe('following', () => {
  test('replays what is stored, then follows', async () => {
    add(5);
    const state = consume(subscribe({ pageSize: 2 }));
    await environment.until(() => state.ids.length === 5);
    add(3, 1);
    await environment.until(() => state.ids.length === 8);
    expect(new Set(state.ids).size).toBe(8);
  });

  test('C8 an idle subscription on a watchable adapter makes no pollShard call', async () => {
    add(5);
    const state = consume(subscribe());
    await environment.until(() => state.ids.length === 5);
    await environment.advance(10);
    const polls = source.store.polls.length;
    await environment.advance(3_600_000);
    expect(source.store.polls).toHaveLength(polls);
    expect(environment.waiting).toBe(1);
  });

  test('C8 a wake-up during an empty read is not lost', async () => {
    source.store.shards.set(0, { records: [], sequences: new Map(), trimmed: 0, sealed: false });
    const read = source.store.pollShard.bind(source.store);
    source.store.pollShard = async (shard, query) => {
      const page = await read(shard, query);
      source.store.pollShard = read;
      add(1);
      return page;
    };
    const state = consume(subscribe());
    await environment.until(() => state.ids.length === 1, 10);
  });

  test('wake-ups that never bring anything make no busy loop', async () => {
    add(1);
    const state = consume(subscribe());
    await environment.until(() => state.ids.length === 1);
    source.store.beforePoll = (shard) => source.store.wake(shard);
    source.store.wake(0);
    await environment.advance(1000);
    expect(source.store.polls.length).toBeLessThan(40);
    source.store.beforePoll = undefined;
    add(1);
    await environment.until(() => state.ids.length === 2, 200);
  });

  test('without a watchable adapter, dispatched batches wake it, and a slow poll finds what others wrote', async () => {
    source = new SampleSource({ environment, store: new SampleStore({ watchable: false }) });
    add(1);
    const state = consume(subscribe());
    await environment.until(() => state.ids.length === 1);
    await environment.advance(60_000);
    const polls = source.store.polls.length;
    await environment.advance(60_000);
    expect(source.store.polls.length - polls).toBeLessThan(70);
    add(1);
    source.dispatched(0);
    await environment.advance(0);
    expect(state.ids).toHaveLength(2);
    add(1);
    await environment.until(() => state.ids.length === 3, 1000);
  });

  test('only wake-ups of the shards that it reads count', async () => {
    add(1);
    const state = consume(subscribe({ shards: [0] }));
    await environment.until(() => state.ids.length === 1);
    const polls = source.store.polls.length;
    add(5, 1);
    await environment.advance(1000);
    expect(source.store.polls).toHaveLength(polls);
  });

  test('latest is taken when the subscription is made', async () => {
    add(3);
    const subscription = subscribe({ from: 'latest' });
    await environment.advance(1);
    add(2);
    const state = consume(subscription);
    await environment.until(() => state.ids.length === 2);
    expect(state.ids).toEqual(['a/0/3', 'a/0/4']);
  });

  test('each event has a cursor that resumes after it', async () => {
    add(10);
    const cursors: string[] = [];
    for await (const event of subscribe({ pageSize: 10 })) if (cursors.push(event.cursor) === 7) break;
    const page = await new Poller(source).poll({ limit: 100, from: cursors[6] });
    expect(page.events.map(({ id }) => id)).toEqual(['a/0/7', 'a/0/8', 'a/0/9']);
  });

  test('at most one page is held, and nothing is read ahead of a slow consumer', async () => {
    add(1000);
    const subscription = subscribe({ pageSize: 10 });
    await subscription.next();
    await environment.advance(60_000);
    expect(source.store.recordsRead).toBe(10);
    add(1000);
    await environment.advance(60_000);
    expect(source.store.recordsRead).toBe(10);
    await subscription.return();
    nothingLeft();
  });

  test('a filter that matches nothing lets the event loop turn between the pages', async () => {
    add(60_000);
    consume(subscribe({ filter: { path: 'none', value: 1 } }));
    await environment.turn();
    const polls = source.store.polls.length;
    await environment.turn();
    expect(source.store.polls.length).toBeGreaterThan(polls);
    expect(source.store.recordsRead).toBeLessThan(60_000);
  });

  test('C6 wakes when a hold ends, without reading while it lasts', async () => {
    const nowNs = source.clockNs;
    source.lanes = [{ shard: 1, oldestTimestampNs: nowNs }];
    source.store.add(0, nowNs + 5n);
    source.adopt(nowNs + 5n);
    const state = consume(subscribe({ ordering: 'timestamp' }));
    await environment.advance(10);
    const polls = source.store.polls.length;
    await environment.advance(source.maxHoldMs - 100);
    expect(source.store.polls).toHaveLength(polls);
    expect(state.ids).toEqual([]);
    await environment.until(() => state.ids.length === 1, 300);
  });
});

describe('failures', () => {
  test('a failure that may pass is waited out, told once', async () => {
    add(2);
    let failures = 5;
    source.store.beforePoll = () => {
      failures -= 1;
      if (failures >= 0) throw new AdapterError('Transient', 'away');
    };
    const state = consume(subscribe());
    await environment.until(() => state.ids.length === 2);
    expect(source.findings).toMatchObject([{ kind: 'read-failing' }]);
  });

  test('one shard that fails for a while holds no other back', async () => {
    add(2);
    add(2, 1);
    let failing = true;
    source.store.beforePoll = (shard) => {
      if (shard === 1 && failing) throw new AdapterError('Transient', 'away');
    };
    const state = consume(subscribe());
    await environment.until(() => state.ids.length === 2);
    failing = false;
    await environment.until(() => state.ids.length === 4);
  });

  test.each(['Fatal', 'Connection'] as const)('a %s failure is thrown to the loop', async (kind) => {
    add(2);
    add(2, 1);
    source.store.beforePoll = (shard) => {
      if (shard === 1) throw new AdapterError(kind, 'gone');
    };
    const state = consume(subscribe());
    await environment.until(() => state.error !== undefined);
    expect(state.ids).toHaveLength(2);
    expect(state.error).toMatchObject({ kind: 'Adapter', cause: { kind } });
    nothingLeft();
  });

  test.each([
    ['an unknown option', { limit: 5 }, 'InvalidRequest'],
    ['a page size of 0', { pageSize: 0 }, 'InvalidRequest'],
    ['a bad filter', { filter: {} }, 'InvalidFilter'],
    ['a damaged cursor', { from: 'abc' }, 'InvalidCursor'],
  ])('%s is thrown to the loop, and then it is done', async (_name, options, kind) => {
    const subscription = subscribe(options);
    await expect(subscription.next()).rejects.toMatchObject({ kind });
    expect(await subscription.next()).toEqual({ done: true, value: undefined });
    nothingLeft();
  });
});
