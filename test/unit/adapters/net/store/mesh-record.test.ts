// The position of each event of a page: who goes on there misses nothing and gets nothing twice, on this node and on another.
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { beforeEach, test } from 'vitest';
import type { Batch, ShardPage, StoredRecord } from '../../../../../src/adapter/contract.ts';
import { memory } from '../../../../../src/adapters/memory/index.ts';
import type { StreamStore } from '../../../../../src/adapters/net/store/stream-store.ts';
import { BatchMaker } from '../../../../../src/testing/index.ts';
import { framesOf, numbered, open, put, read, readerOf, texts } from './driver.ts';

let batches: readonly Batch[];

/** Three producers in turn, with drops between them. */
beforeEach(() => {
  const makers = ['a', 'b', 'c'].map((producer) => new BatchMaker({ producer }));
  batches = Array.from({ length: 9 }, (_, turn) => {
    const maker = makers[turn % 3] as BatchMaker;
    if (turn % 4 === 1) maker.lose(0, turn);
    return maker.batch(0, numbered(10 * turn, 1 + (turn % 3)));
  });
});

async function storeOf(parts: readonly Batch[], maxEvents?: number): Promise<StreamStore> {
  const store = await open(framesOf(memory({ maxEvents })));
  await put(store, ...parts);
  return store;
}

/** Each event as text, with what was lost before it. */
function told({ records, gap }: ShardPage): string[] {
  const events = records.map(({ bytes, lostBefore = 0 }) => `${lostBefore} ${Buffer.from(bytes).toString()}`);
  return gap === undefined ? events : [`gap ${gap.count}`, ...events];
}

/** The events of a page behind its gap. */
function events(page: ShardPage): string[] {
  return told({ ...page, gap: undefined });
}

const recordAt = (page: ShardPage, nth: number): StoredRecord => page.records[nth] as StoredRecord;

test('from the position of any event of a page the rest follows exactly, with its losses', async () => {
  for (const foldAbove of [8, 0]) {
    const reader = readerOf(await storeOf(batches), { foldAbove });
    const page = await read(reader);
    strictEqual(page.records.length, 18);
    for (const [nth, { position }] of [...page.records].entries()) {
      const rest = await read(reader, { after: position });
      deepStrictEqual([told(rest), rest.next], [told(page).slice(nth + 1), page.next], `behind event ${nth}`);
    }
  }
});

test('the position of an event is what a page that ends with it gives', async () => {
  const store = await storeOf(batches);
  const page = await read(readerOf(store));
  for (const [nth, { position }] of [...page.records].entries()) {
    strictEqual((await read(readerOf(store), { limit: nth + 1 })).next, position);
  }
});

test('positions are the same in whatever order they are asked for', async () => {
  const reader = readerOf(await storeOf(batches));
  const positionsOf = (page: ShardPage, order: readonly number[]): Map<number, string> =>
    new Map(order.map((nth) => [nth, recordAt(page, nth).position]));
  const forward = Array.from({ length: 18 }, (_, nth) => nth);
  const expected = positionsOf(await read(reader), forward);
  strictEqual(new Set(expected.values()).size, 18);
  for (const order of [[...forward].reverse(), [17, 0, 9, 8, 10, 1, 17, 16, 3], [5, 5, 4, 6]]) {
    for (const [nth, position] of positionsOf(await read(reader), order)) strictEqual(position, expected.get(nth));
  }
});

test('on a node that has the same events in another order, the rest follows as that node has it', async () => {
  const store = await storeOf(batches);
  const page = await read(readerOf(store));
  const byProducer = [...batches].sort((one, other) => (one.producer < other.producer ? -1 : 1));
  const elsewhere = readerOf(await storeOf(byProducer));
  const all = await read(elsewhere);
  for (const [nth, { position }] of [...page.records].entries()) {
    const rest = await read(elsewhere, { after: position });
    const seen = new Set(texts(page).slice(0, nth + 1));
    deepStrictEqual(
      texts(rest),
      texts(all).filter((text) => !seen.has(text)),
    );
    strictEqual(rest.next, page.next, 'who has read all stands at the same place everywhere');
  }
});

test('the gap before a page counts as read in the position of its first event', async () => {
  const reader = readerOf(await storeOf(batches, 3));
  const page = await read(reader);
  ok((page.gap?.count ?? 0) > 0);
  const rest = await read(reader, { after: recordAt(page, 0).position });
  deepStrictEqual([rest.gap, events(rest)], [undefined, events(page).slice(1)]);
});

test('an event tells its producer, its sequence, and what was lost right before it', async () => {
  const maker = new BatchMaker({ producer: 'origin' });
  maker.lose(0, 4);
  const batch = maker.batch(0, [{ bytes: 'x', key: 'k', headers: { h: '1' } }, 'y']);
  const page = await read(readerOf(await storeOf([batch])));
  const [first, second] = [recordAt(page, 0), recordAt(page, 1)];
  deepStrictEqual([first.producer, first.sequence, first.lostBefore, first.key], ['origin', 4, 4, 'k']);
  deepStrictEqual({ ...first.headers }, { h: '1' });
  deepStrictEqual(
    [second.producer, second.sequence, second.lostBefore, second.key],
    ['origin', 5, undefined, undefined],
  );
});

test('a position that was taken before more events came goes on with those, too', async () => {
  const store = await storeOf(batches.slice(0, 3));
  const reader = readerOf(store);
  const page = await read(reader);
  await put(store, ...batches.slice(3));
  const all = told(await read(readerOf(store)));
  for (const [nth, { position }] of [...page.records].entries()) {
    deepStrictEqual(told(await read(reader, { after: position })), all.slice(nth + 1));
  }
});
