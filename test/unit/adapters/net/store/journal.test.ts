// What a node notes beside its events: the newest notes come back as they were, anything else in their place is refused.
import { deepStrictEqual, rejects, strictEqual } from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { log } from '../../../../../src/adapters/log/index.ts';
import { memory } from '../../../../../src/adapters/memory/index.ts';
import { JOURNAL_SHARD, Journal } from '../../../../../src/adapters/net/store/journal.ts';
import { ShardStreams } from '../../../../../src/adapters/net/store/shard-streams.ts';
import type { FrameStore } from '../../../../../src/frame-store/frame-store.ts';
import { BatchMaker } from '../../../../../src/testing/index.ts';
import { framesOf, freshFolder, open, signal } from './driver.ts';

const CONTEXT = { producer: 'p', now: () => 7n, report: () => undefined };

async function opened(frames: FrameStore): Promise<FrameStore> {
  await frames.open(CONTEXT);
  return frames;
}

/** What an opening reads: the producer before it, and the shards. */
async function load(frames: FrameStore): Promise<{ previous: string | undefined; shards: Map<number, ShardStreams> }> {
  const shards = new Map<number, ShardStreams>();
  const shardOf = (shard: number): ShardStreams => {
    const streams = shards.get(shard) ?? new ShardStreams(shard);
    shards.set(shard, streams);
    return streams;
  };
  const previous = await new Journal(frames, 'reader', () => 0n).load(shardOf, signal);
  return { previous, shards };
}

function noted(shard: number): ShardStreams {
  const streams = new ShardStreams(shard);
  streams.floorMs = 1234;
  streams.rememberForgotten('010203040506', 9);
  streams.noteSpent('0a0b0c0d0e0f');
  streams.covers.add('child', [{ producer: 'parent', end: 3, hasCover: true }]);
  streams.make('begun').declareGap(4, 1n);
  streams.make('begun').note({ index: 0, firstSequence: 4, count: 2, lost: 0, firstStampNs: 1n, lastStampNs: 1n });
  streams.make('begun').declareGap(8, 1n);
  return streams;
}

for (const [name, make] of [
  ['memory', () => framesOf(memory())],
  ['log', () => framesOf(log(freshFolder()))],
] as const) {
  test(`all notes of all shards come back from a ${name}, with the producer that made them`, async () => {
    const frames = await opened(make());
    await new Journal(frames, 'opening 1', () => 5n).save([noted(0), noted(7)], signal);
    const { previous, shards } = await load(frames);
    strictEqual(previous, 'opening 1');
    deepStrictEqual([...shards.keys()], [0, 7]);
    for (const streams of shards.values()) {
      strictEqual(streams.floorMs, 1234);
      deepStrictEqual([...streams.forgotten()], [['010203040506', 9]]);
      deepStrictEqual([...streams.spent()], ['0a0b0c0d0e0f']);
      deepStrictEqual([...streams.covers.all()], [['child', [{ producer: 'parent', end: 3, hasCover: true }]]]);
      streams.make('begun').recall(20, 1n);
      streams.applyOffered();
      strictEqual(streams.get('begun')?.offered, 8);
    }
    await frames.close(signal);
  });
}

test('a store without notes has none', async () => {
  const { previous, shards } = await load(await opened(framesOf(memory())));
  deepStrictEqual([previous, shards.size], [undefined, 0]);
});

test('of several notes the newest count', async () => {
  const frames = await opened(framesOf(memory()));
  await new Journal(frames, 'opening 1', () => 5n).save([noted(0)], signal);
  const second = new Journal(frames, 'opening 2', () => 6n);
  await second.save([noted(0)], signal);
  await second.save([], signal);
  const { previous, shards } = await load(frames);
  deepStrictEqual([previous, shards.size], ['opening 2', 0]);
});

test('that retention took the newest notes shows until they are written again', async () => {
  const frames = await opened(framesOf(memory({ maxEvents: 2 })));
  const journal = new Journal(frames, 'opening 1', () => 5n);
  const maker = new BatchMaker();
  await journal.save([], signal);
  await frames.append(maker.batch(0, ['a']), 0, signal);
  strictEqual(journal.isTrimmed, false);
  await frames.append(maker.batch(0, ['b']), 0, signal);
  strictEqual(journal.isTrimmed, true);
  strictEqual((await load(frames)).previous, undefined);
  await journal.save([], signal);
  strictEqual(journal.isTrimmed, false);
  strictEqual((await load(frames)).previous, 'opening 1');
});

describe('what no journal of this release is', () => {
  for (const [name, payload] of [
    ['notes of a later release', JSON.stringify({ version: 2, own: 'x', shards: [] })],
    ['an event of somebody else', JSON.stringify({ version: 1, hello: 'world' })],
    ['an event that is text', 'hello'],
    ['an event that is no text', Uint8Array.of(0xff, 0xfe)],
    ['a number', '7'],
  ] as const) {
    test(`is refused as Serialization: ${name}`, async () => {
      const frames = await opened(framesOf(memory()));
      await frames.append(new BatchMaker().batch(JOURNAL_SHARD, [payload]), 0, signal);
      await frames.close(signal);
      await rejects(open(frames), { name: 'AdapterError', kind: 'Serialization' });
      await frames.open(CONTEXT); // It was given back.
    });
  }
});

test('a journal with a byte changed on the disk is refused, and told with its file', async () => {
  const folder = freshFolder();
  const store = await open(framesOf(log(folder)));
  await store.makeCover(0, 'child', [{ producer: 'parent', end: 3, hasCover: false }]);
  await store.close(signal);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const name = names.find((each) => each.includes(String(JOURNAL_SHARD)) && each.endsWith('.seg')) as string;
  const bytes = readFileSync(join(folder, name));
  bytes[bytes.length - 20] = (bytes[bytes.length - 20] as number) ^ 1;
  writeFileSync(join(folder, name), bytes);
  await rejects(open(framesOf(log(folder))), { kind: 'Serialization', message: new RegExp(name) });
});
