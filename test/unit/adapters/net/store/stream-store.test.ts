// Appending to streams and reading them: each event once and in its order, what is missing is told.
import { deepStrictEqual, rejects, strictEqual } from 'node:assert/strict';
import { beforeEach, describe, test } from 'vitest';
import { log } from '../../../../../src/adapters/log/index.ts';
import { memory } from '../../../../../src/adapters/memory/index.ts';
import type { Stream } from '../../../../../src/adapters/net/store/stream.ts';
import type { StreamStore } from '../../../../../src/adapters/net/store/stream-store.ts';
import { AdapterError } from '../../../../../src/errors/adapter-error.ts';
import { cutBatch } from '../../../../../src/frame-store/cut-batch.ts';
import { BatchMaker } from '../../../../../src/testing/index.ts';
import {
  around,
  framesOf,
  freshFolder,
  numbered,
  open,
  put,
  readerOf,
  read as readPage,
  signal,
  texts,
} from './driver.ts';

const A = 'producer a';
const B = 'producer b';
let a: BatchMaker;
let b: BatchMaker;

beforeEach(() => {
  a = new BatchMaker({ producer: A });
  b = new BatchMaker({ producer: B });
});

function streamOf(store: StreamStore, producer = A): Stream {
  return store.stream(0, producer) as Stream;
}

const rangeOf = ({ from, kept, to }: Stream): readonly number[] => [from, kept, to];

/** The events of a stream from a sequence on, and the losses that are told, read by read. */
async function readAll(store: StreamStore, stream: Stream, { sequence = 0, maxBytes = 1000 } = {}): Promise<string[]> {
  const found: string[] = [];
  let index: number | undefined;
  for (let next = sequence; ; ) {
    const answer = await store.read(stream, { sequence: next, index, maxBytes });
    if (answer === undefined) return found;
    if (answer.lost > 0) found.push(`lost ${answer.lost}`);
    for (const { bytes } of answer.frame) found.push(Buffer.from(bytes).toString());
    next = answer.frame.firstSequence + answer.frame.count;
    index = answer.index;
  }
}

for (const [name, make] of [
  ['memory', () => framesOf(memory())],
  ['log', () => framesOf(log(freshFolder()))],
] as const) {
  describe(`over a ${name}`, () => {
    test('A1 a batch that comes twice is stored once', async () => {
      const store = await open(make());
      const batch = a.batch(0, numbered(0, 3));
      strictEqual((await store.append(batch, { signal })).batch?.count, 3);
      strictEqual((await store.append(batch, { signal })).batch, undefined);
      strictEqual((await store.append(batch, { signal, follows: 0 })).batch, undefined);
      deepStrictEqual(await readAll(store, streamOf(store)), ['e0', 'e1', 'e2']);
    });

    test('of a batch that overlaps only the new events are stored', async () => {
      const store = await open(make());
      await put(store, a.batch(0, numbered(0, 3)));
      a.rewind(0, 2);
      const { batch, lost } = await store.append(a.batch(0, ['e1', 'e2', 'e3', 'e4']), { signal });
      deepStrictEqual([batch?.firstSequence, batch?.count, lost], [3, 2, 0]);
      deepStrictEqual(await readAll(store, streamOf(store)), numbered(0, 5));
    });

    test('a stream is read among others, in parts no longer than asked for, from any sequence on', async () => {
      const store = await open(make());
      for (let nth = 0; nth < 6; nth += 1) await put(store, a.batch(0, numbered(3 * nth, 3)), b.batch(0, ['other']));
      for (const maxBytes of [1, 64, 65_536]) {
        deepStrictEqual(await readAll(store, streamOf(store), { maxBytes }), numbered(0, 18));
        deepStrictEqual(await readAll(store, streamOf(store), { maxBytes, sequence: 4 }), numbered(4, 14));
        deepStrictEqual(await readAll(store, streamOf(store), { maxBytes, sequence: 18 }), []);
      }
      deepStrictEqual(await readAll(store, streamOf(store, B)), Array(6).fill('other'));
    });

    test('what this node dropped before a batch is read as a loss right before it', async () => {
      const store = await open(make());
      a.lose(0, 2);
      await put(store, a.batch(0, ['first']));
      a.lose(0, 3);
      await put(store, a.batch(0, ['second']));
      deepStrictEqual(rangeOf(streamOf(store)), [0, 7, 7]);
      deepStrictEqual(await readAll(store, streamOf(store)), ['lost 2', 'first', 'lost 3', 'second']);
      deepStrictEqual(await readAll(store, streamOf(store), { sequence: 3 }), ['lost 3', 'second']);
    });
  });
}

test('a stream of this node may begin late: only what was dropped right before its first batch is a loss', async () => {
  const store = await open(framesOf(memory()));
  a.batch(0, numbered(0, 10));
  a.lose(0, 2);
  strictEqual((await store.append(a.batch(0, ['e12']), { signal })).lost, 2);
  deepStrictEqual(rangeOf(streamOf(store)), [10, 13, 13]);
});

test('a batch from elsewhere that does not follow is refused as Transient, and nothing of it is stored', async () => {
  const store = await open(framesOf(memory()));
  await put(store, a.batch(0, numbered(0, 3)));
  const [missing, next] = [a.batch(0, ['e3']), a.batch(0, ['e4'])];
  await rejects(store.append(next, { signal, follows: 4 }), { kind: 'Transient' });
  deepStrictEqual(rangeOf(streamOf(store)), [0, 3, 3]);
  await store.append(missing, { signal, follows: 3 });
  await store.append(next, { signal, follows: 4 });
  deepStrictEqual(await readAll(store, streamOf(store)), numbered(0, 5));
});

test('a stream that others have begun before is taken from where a gap was declared, without a loss', async () => {
  const store = await open(framesOf(memory()));
  a.batch(0, numbered(0, 10));
  const batch = a.batch(0, ['e10']);
  await rejects(store.append(batch, { signal, follows: 10 }), { kind: 'Transient' });
  store.declareGap(0, A, { to: 10, stampNs: 1n });
  strictEqual((await store.append(batch, { signal, follows: 10 })).lost, 0);
  deepStrictEqual(rangeOf(streamOf(store)), [10, 11, 11]);
});

test('a gap in the middle of a stream becomes a loss before the event behind it; what comes of it is taken', async () => {
  const store = await open(framesOf(memory()));
  await put(store, a.batch(0, numbered(0, 3)));
  const [found, , behind] = [a.batch(0, numbered(3, 2)), a.batch(0, numbered(5, 3)), a.batch(0, ['e8'])];
  store.declareGap(0, A, { to: 8, stampNs: 1n });
  await store.append(found, { signal, follows: 3 });
  deepStrictEqual(rangeOf(streamOf(store)), [0, 5, 8]);
  strictEqual((await store.append(behind, { signal, follows: 8 })).lost, 3);
  deepStrictEqual(await readAll(store, streamOf(store)), [...numbered(0, 5), 'lost 3', 'e8']);
});

test('batches that are appended at once are stored in the order of the calls', async () => {
  const frames = framesOf(memory());
  const store = await open(frames);
  const batches = numbered(0, 20).map((text, nth) => (nth % 3 === 0 ? b : a).batch(0, [text]));
  await Promise.all(batches.map((batch) => store.append(batch, { signal })));
  deepStrictEqual(texts(await readPage(readerOf(store))), numbered(0, 20));
});

test('an append that waits for the disk holds up its own shard alone', async () => {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const frames = framesOf(memory());
  const append = async (...[batch, ...rest]: Parameters<typeof frames.append>): Promise<void> => {
    if (batch.shard === 0) await held;
    await frames.append(batch, ...rest);
  };
  const store = await open(around(frames, { append }));
  const waiting = [store.append(a.batch(0, ['e0']), { signal }), store.append(b.batch(0, ['e1']), { signal })];
  await store.append(a.batch(1, ['e0']), { signal });
  strictEqual(frames.extent(0), undefined);
  strictEqual(streamOf(store).appends, 1);
  letGo();
  await Promise.all(waiting);
  strictEqual(frames.extent(0)?.end, 2);
  strictEqual(streamOf(store).appends, 0);
});

test('an append that fails is told to its caller alone; what the store took of it counts as stored', async () => {
  const frames = framesOf(memory());
  let taken: number | undefined;
  const append = async (...[batch, ...rest]: Parameters<typeof frames.append>): Promise<void> => {
    if (taken === undefined) return frames.append(batch, ...rest);
    if (taken > 0) await frames.append(cutBatch(batch, 0, taken), ...rest);
    throw new AdapterError('Backpressure', 'no space left');
  };
  const store = await open(around(frames, { append }));
  const batch = a.batch(0, numbered(0, 5));
  taken = 0;
  await rejects(store.append(batch, { signal }), { kind: 'Backpressure' });
  deepStrictEqual([...rangeOf(streamOf(store)), streamOf(store).appends], [0, 0, 0, 0]);
  taken = 2;
  await rejects(store.append(batch, { signal }), { kind: 'Backpressure' });
  strictEqual(streamOf(store).kept, 2);
  taken = undefined;
  strictEqual((await store.append(batch, { signal })).batch?.count, 3);
  deepStrictEqual(await readAll(store, streamOf(store)), numbered(0, 5));
});

test('each append that stores something is told of, a repetition is not', async () => {
  const store = await open(framesOf(memory()));
  const told: string[] = [];
  store.onAppend(({ producer, kept }) => void told.push(`${producer}: ${kept}`));
  const batch = a.batch(0, numbered(0, 3));
  await put(store, batch, batch, b.batch(0, ['x']));
  deepStrictEqual(told, [`${A}: 3`, `${B}: 1`]);
});

test('the first event at or after a time is found, however many events share a millisecond', async () => {
  const store = await open(framesOf(memory()));
  const stampNs = 1_700_000_000_000_000_000n;
  for (let nth = 0; nth < 3; nth += 1) {
    await put(store, a.batch(0, numbered(1500 * nth, 1500)), b.batch(0, ['other']));
    a.advance(1_000_000n);
  }
  const stream = streamOf(store);
  const at = (ns: bigint): Promise<number> => store.sequenceAt(stream, stampNs + ns);
  deepStrictEqual(await Promise.all([at(-1n), at(0n), at(1n), at(1499n)]), [0, 0, 1, 1499]);
  deepStrictEqual(await Promise.all([at(1500n), at(1_001_500n), at(1_001_501n)]), [1500, 1500, 1501]);
  strictEqual(await at(2_004_499n), 4499);
  strictEqual(await at(2_004_500n), 4500, 'one more than the newest when there is none');
});

test('below what retention took a stream is read from its first event that is left', async () => {
  const store = await open(framesOf(memory({ maxEvents: 4 })));
  await put(store, a.batch(0, numbered(0, 3)), b.batch(0, ['x']), a.batch(0, numbered(3, 3)));
  await store.tend(0, () => true);
  deepStrictEqual(await readAll(store, streamOf(store)), numbered(3, 3));
  deepStrictEqual(await readAll(store, streamOf(store), { sequence: 4 }), ['e4', 'e5']);
  strictEqual(await store.sequenceAt(streamOf(store), 0n), 3);
});

test('only shards with events are listed, not the one with the notes of the node', async () => {
  const store = await open(framesOf(memory()));
  deepStrictEqual(store.list(), []);
  store.shard(5);
  await put(store, a.batch(3, ['x']));
  deepStrictEqual(
    store.list().map(({ shard }) => shard),
    [3],
  );
});
