// What the next opening of a store finds again: streams and their ends, what was declared, forgotten and covered.
import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { beforeEach, describe, test } from 'vitest';
import type { Finding } from '../../../../../src/adapter/finding.ts';
import { log } from '../../../../../src/adapters/log/index.ts';
import { memory } from '../../../../../src/adapters/memory/index.ts';
import { JOURNAL_SHARD } from '../../../../../src/adapters/net/store/journal.ts';
import { keyOf, type Stream } from '../../../../../src/adapters/net/store/stream.ts';
import { StreamStore } from '../../../../../src/adapters/net/store/stream-store.ts';
import { AdapterError } from '../../../../../src/errors/adapter-error.ts';
import type { FrameStore } from '../../../../../src/frame-store/frame-store.ts';
import { BatchMaker, within } from '../../../../../src/testing/index.ts';
import { around, FIRST_MS, framesOf, freshFolder, numbered, open, put, reopen, signal } from './driver.ts';

const A = 'producer a';
const B = 'producer b';
const NOBODY = (): boolean => false;
let a: BatchMaker;
let b: BatchMaker;

beforeEach(() => {
  a = new BatchMaker({ producer: A });
  b = new BatchMaker({ producer: B });
});

function streamOf(store: StreamStore, producer: string): Stream {
  return store.stream(0, producer) as Stream;
}

const rangeOf = ({ from, kept, to }: Stream): readonly number[] => [from, kept, to];

/** What a read of a stream tells: the first sequence, the number of events, those lost before them. */
async function readOf(store: StreamStore, stream: Stream, sequence: number): Promise<readonly unknown[]> {
  const answer = await store.read(stream, { sequence, index: undefined, maxBytes: 1_000_000 });
  return [answer?.frame.firstSequence, answer?.frame.count, answer?.lost];
}

/** How a store is opened once more: a log by another object, a memory as it is. */
type Again = () => FrameStore;

const stores: readonly (readonly [string, (maxEvents?: number) => Again])[] = [
  [
    'memory',
    (maxEvents) => {
      const frames = framesOf(memory({ maxEvents }));
      return () => frames;
    },
  ],
  [
    'log',
    (maxEvents) => {
      const folder = freshFolder();
      return () => framesOf(log(folder, { maxEvents }));
    },
  ],
];

for (const [name, make] of stores) {
  describe(`over a ${name}`, () => {
    test('each stream is known as far as it was stored, with its losses, and by the opening before', async () => {
      const again = make();
      const first = await open(again(), 'opening 1');
      strictEqual(first.previous, undefined);
      await put(first, a.batch(0, numbered(0, 3)), b.batch(0, ['x']));
      a.lose(0, 2);
      const last = a.batch(0, numbered(5, 2));
      await put(first, last);
      const second = await reopen(first, again(), 'opening 2');
      strictEqual(second.previous, 'opening 1');
      deepStrictEqual(
        [rangeOf(streamOf(second, A)), rangeOf(streamOf(second, B))],
        [
          [0, 7, 7],
          [0, 1, 1],
        ],
      );
      deepStrictEqual(await readOf(second, streamOf(second, A), 3), [5, 2, 2]);
      strictEqual((await second.append(last, { signal, follows: 5 })).batch, undefined);
      const next = await second.append(a.batch(0, ['e7']), { signal, follows: 7 });
      deepStrictEqual([next.batch?.count, next.lost], [1, 0]);
    });

    test('what retention took is not offered any more, and is no loss to who takes the rest', async () => {
      const again = make(24);
      const first = await open(again());
      for (let nth = 0; nth < 12; nth += 1) await put(first, a.batch(0, numbered(4 * nth, 4)));
      await within(20_000, () => (first.frames.extent(0)?.trimmedTo ?? 0) > 20);
      const second = await reopen(first, again());
      const stream = streamOf(second, A);
      const [firstSequence, , lost] = await readOf(second, stream, 0);
      ok(stream.from > 20 && stream.from <= Number(firstSequence), `from ${stream.from}, read from ${firstSequence}`);
      deepStrictEqual([stream.kept, stream.offeredFrom, lost], [48, stream.from, 0]);
    });

    test('a stream whose events are all gone is known by what it reached: nothing of it is stored twice', async () => {
      const again = make(8);
      const first = await open(again());
      const old = a.batch(0, numbered(0, 4));
      await put(first, old);
      for (let nth = 0; nth < 16; nth += 1) await put(first, b.batch(0, [`x${nth}`]));
      await within(20_000, () => (first.frames.extent(0)?.trimmedTo ?? 0) >= 4);
      const second = await reopen(first, again());
      deepStrictEqual(rangeOf(streamOf(second, A)), [4, 4, 4]);
      deepStrictEqual(await readOf(second, streamOf(second, A), 0), [undefined, undefined, undefined]);
      strictEqual((await second.append(old, { signal, follows: 0 })).batch, undefined);
      await rejects(second.append(old, { signal, follows: 5 }), { kind: 'Transient' });
    });

    test('where the range begins that others may take is known again, behind a gap that was declared', async () => {
      const again = make();
      const first = await open(again());
      await put(first, a.batch(0, numbered(0, 3)));
      a.batch(0, numbered(3, 5));
      first.declareGap(0, A, { to: 8, stampNs: 1n });
      await first.append(a.batch(0, ['e8']), { signal, follows: 8 });
      strictEqual(streamOf(first, A).offeredFrom, 8);
      await first.tend(0, NOBODY);
      const second = await reopen(first, again());
      deepStrictEqual([...rangeOf(streamOf(second, A)), streamOf(second, A).offeredFrom], [0, 9, 9, 8]);
    });

    test('a cover of this node is there again without anything behind it; one from elsewhere after it was tended', async () => {
      const again = make();
      const first = await open(again());
      const entries = [{ producer: A, end: 3, hasCover: false }];
      await first.makeCover(0, 'child', entries);
      const second = await reopen(first, again());
      deepStrictEqual(second.shard(0).covers.entries('child'), entries);
      strictEqual(second.addCover({ shard: 1, child: 'other', entries }), true);
      strictEqual(second.addCover({ shard: 1, child: 'other', entries }), false);
      await second.tend(0, NOBODY);
      const third = await reopen(second, again());
      deepStrictEqual(third.shard(1).covers.entries('other'), entries);
    });
  });
}

test('what was forgotten stays forgotten, with the floor, until the producer is met again', async () => {
  const frames = framesOf(memory({ maxEvents: 5 }));
  const first = await open(frames);
  await put(first, a.batch(0, numbered(0, 3)));
  b.advance(60_000_000_000n);
  await put(first, b.batch(0, numbered(0, 4)));
  deepStrictEqual(await first.tend(FIRST_MS + 1000, (_, producer) => producer === A), []);
  const gone = await first.tend(FIRST_MS + 1000, NOBODY);
  deepStrictEqual(
    gone.map(({ producer }) => producer),
    [A],
  );
  const second = await reopen(first);
  strictEqual(second.stream(0, A), undefined);
  strictEqual(second.shard(0).floorMs, FIRST_MS + 1000);
  strictEqual(second.shard(0).forgottenEnd(keyOf(A)), 3);
  await second.append(a.batch(0, ['e3']), { signal });
  strictEqual(second.shard(0).forgottenEnd(keyOf(A)), undefined);
});

test('a stream with an append under way is not forgotten', async () => {
  const frames = framesOf(memory({ maxEvents: 3 }));
  const store = await open(frames);
  await put(store, a.batch(0, ['e0']), b.batch(0, numbered(0, 4)));
  const append = store.append(a.batch(0, ['e1']), { signal });
  deepStrictEqual(await store.tend(FIRST_MS + 1000, (_, producer) => producer === B), []);
  await append;
  strictEqual(streamOf(store, A).kept, 2);
});

test('a cover of a child that is forgotten with all that it covers is not taken, and known to be of no use', async () => {
  const frames = framesOf(memory({ maxEvents: 3 }));
  const store = await open(frames);
  await put(store, a.batch(0, ['e0']), b.batch(0, numbered(0, 4)));
  await store.tend(FIRST_MS + 1000, (_, producer) => producer === B);
  store.shard(0).rememberForgotten(keyOf('child'), 2);
  const cover = { shard: 0, child: 'child', entries: [{ producer: A, end: 1, hasCover: false }] };
  strictEqual(store.addCover(cover), false);
  strictEqual(store.shard(0).isSpent(keyOf('child')), true);
  await store.tend(0, NOBODY);
  const second = await reopen(store);
  strictEqual(second.shard(0).isSpent(keyOf('child')), true);
  strictEqual(second.addCover({ ...cover, entries: [{ producer: B, end: 1, hasCover: false }] }), true);
});

test('notes that retention took are written again', async () => {
  const frames = framesOf(memory({ maxEvents: 4 }));
  const first = await open(frames, 'opening 1');
  await put(first, a.batch(0, numbered(0, 4)));
  await first.tend(0, NOBODY);
  const second = await reopen(first, frames, 'opening 2');
  strictEqual(second.previous, 'opening 1');
});

/** A store that refuses notes while it is `isFull`. */
function fillable(frames: FrameStore): { isFull: boolean; readonly frames: FrameStore } {
  const append = async (...[batch, ...rest]: Parameters<FrameStore['append']>): Promise<void> => {
    if (disk.isFull && batch.shard === JOURNAL_SHARD) throw new AdapterError('Backpressure', 'no space left');
    await frames.append(batch, ...rest);
  };
  const disk = { isFull: false, frames: around(frames, { append }) };
  return disk;
}

test('notes that could not be written are written the next time', async () => {
  const frames = framesOf(memory());
  const disk = fillable(frames);
  const first = await open(disk.frames);
  const entries = [{ producer: A, end: 3, hasCover: false }];
  first.addCover({ shard: 0, child: 'child', entries });
  disk.isFull = true;
  await rejects(first.tend(0, NOBODY), { kind: 'Backpressure' });
  disk.isFull = false;
  await first.tend(0, NOBODY);
  const second = await reopen(first, frames);
  deepStrictEqual(second.shard(0).covers.entries('child'), entries);
});

test('streams that were forgotten are told once that is noted, not lost when it could not be', async () => {
  const disk = fillable(framesOf(memory({ maxEvents: 3 })));
  const store = await open(disk.frames);
  await put(store, a.batch(0, ['e0']), b.batch(0, numbered(0, 4)));
  const isB = (_: number, producer: string): boolean => producer === B;
  disk.isFull = true;
  await rejects(store.tend(FIRST_MS + 1000, isB), { kind: 'Backpressure' });
  disk.isFull = false;
  deepStrictEqual(
    (await store.tend(FIRST_MS + 1000, isB)).map(({ producer }) => producer),
    [A],
  );
  deepStrictEqual(await store.tend(FIRST_MS + 1000, isB), []);
});

test('why a store is refused is told, also when it cannot be given back', async () => {
  const frames = framesOf(memory());
  await frames.open({ producer: 'p', now: () => 0n, report: () => undefined });
  await frames.seal(4);
  await frames.close(signal);
  const close = async (): Promise<void> => {
    throw new AdapterError('Fatal', 'the disk is gone');
  };
  const findings: Finding[] = [];
  const store = new StreamStore(around(frames, { close }));
  const report = (finding: Finding): void => void findings.push(finding);
  await rejects(store.open({ producer: 'p', now: () => 0n, report }), { message: /Shard 4 .* is sealed/ });
  deepStrictEqual(
    findings.map(({ kind, cause }) => [kind, (cause as Error).message]),
    [['mesh-store', 'the disk is gone']],
  );
});

test('a store with a sealed shard is refused and given back', async () => {
  const frames = framesOf(memory());
  const context = { producer: 'p', now: () => 0n, report: () => undefined };
  await frames.open(context);
  await frames.append(a.batch(4, ['x']), 0, signal);
  await frames.seal(4);
  await frames.close(signal);
  await rejects(open(frames), { kind: 'Fatal', message: /Shard 4 .* is sealed/ });
  await frames.open(context);
});
