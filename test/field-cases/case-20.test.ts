// Field case 20: an abort in the middle of a replay stops the events and the reads.
import { expect, test } from 'vitest';
import { type Adapter, type AdapterFactory, EventBus, memory } from '../../src/index.ts';
import { within } from '../../src/testing/index.ts';

interface Watched {
  readonly factory: AdapterFactory;
  readonly signals: AbortSignal[];
  /** Makes reads wait until they are aborted. */
  stall: boolean;
}

/** A memory adapter that tells of its reads. */
function watched(): Watched {
  const inner = memory();
  const watch: Watched = {
    signals: [],
    stall: false,
    factory: {
      kind: 'watched',
      create(): Adapter {
        const adapter = inner.create();
        const pollShard = adapter.pollShard.bind(adapter);
        adapter.pollShard = async (shard, query) => {
          watch.signals.push(query.signal);
          if (watch.stall) await new Promise((_, reject) => query.signal.addEventListener('abort', reject));
          return pollShard(shard, query);
        };
        return adapter;
      },
    },
  };
  return watch;
}

async function filledBus(factory: AdapterFactory, events: number): Promise<EventBus<unknown, 'block'>> {
  const bus = await EventBus.create({ adapter: factory, backpressure: 'block' });
  for (let index = 0; index < events; index += 1) await bus.ingestRaw(`{"n":${index}}`);
  await bus.flush();
  return bus;
}

test('case 20: a subscription that is aborted in a replay ends after the event at hand, and reads no more', async () => {
  const watch = watched();
  const bus = await filledBus(watch.factory, 100_000);
  const abort = new AbortController();
  let seen = 0;
  for await (const _ of bus.subscribe({ from: 'earliest', signal: abort.signal })) {
    seen += 1;
    if (seen === 10) abort.abort();
  }
  expect(seen).toBe(10);
  const reads = watch.signals.length;
  bus.ingestRaw('{"more":true}');
  await bus.flush();
  expect(watch.signals).toHaveLength(reads);
  await bus.shutdown();
});

test('case 20: a poll that is aborted during a slow read rejects with the reason, and the read sees its signal abort', async () => {
  const watch = watched();
  const bus = await filledBus(watch.factory, 10);
  watch.stall = true;
  const abort = new AbortController();
  const reason = new Error('stop');
  const polling = bus.poll({ limit: 10 }, { signal: abort.signal });
  await within(5000, () => watch.signals.length > 0);
  const started = watch.signals.length;
  abort.abort(reason);
  await expect(polling).rejects.toBe(reason);
  expect(watch.signals).toHaveLength(started);
  expect(watch.signals.every((signal) => signal.aborted)).toBe(true);
  watch.stall = false;
  await bus.shutdown();
});
