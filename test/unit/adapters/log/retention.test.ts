// Retention: what goes, what stays, and what is remembered of it.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decideTrims } from '../../../../src/adapters/log/retention.ts';
import { Segment } from '../../../../src/adapters/log/segment.ts';
import { BatchMaker, within } from '../../../../src/testing/index.ts';
import { allTexts, close, freshFolder, numbered, open, poll, put, signal } from './driver.ts';

function segment(first: number, newestStampNs: bigint, events = 10): Segment {
  const made = new Segment(`${first}.seg`, first);
  made.end = first + events;
  made.events = events;
  made.bytes = 100 * events;
  made.newestStampNs = newestStampNs;
  return made;
}

const shards = [
  { shard: 0, segments: [segment(0, 10n), segment(10, 40n)] },
  { shard: 1, segments: [segment(0, 20n), segment(10, 30n)] },
];
const NONE = { maxAgeMs: undefined, maxBytes: undefined, maxEvents: undefined };

test('drops the oldest segments of all shards until the bounds hold, and keeps the newest one', () => {
  expect(decideTrims(shards, NONE, 0n)).toEqual(new Map());
  expect(decideTrims(shards, { ...NONE, maxEvents: 35 }, 0n)).toEqual(new Map([[0, 10]]));
  expect(decideTrims(shards, { ...NONE, maxBytes: 2000 }, 0n)).toEqual(
    new Map([
      [0, 10],
      [1, 10],
    ]),
  );
  expect(decideTrims(shards, { ...NONE, maxBytes: 1 }, 0n)).toEqual(
    new Map([
      [0, 10],
      [1, 20],
    ]),
  );
});

test('drops everything that is too old', () => {
  const now = 1_000_000n + 25n;
  expect(decideTrims(shards, { ...NONE, maxAgeMs: 1 }, now)).toEqual(
    new Map([
      [0, 10],
      [1, 10],
    ]),
  );
  expect(decideTrims(shards, { ...NONE, maxAgeMs: 1 }, now + 100n)).toEqual(
    new Map([
      [0, 20],
      [1, 20],
    ]),
  );
});

function bytesOnDisk(folder: string): number {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.seg'));
  // Retention may remove a file that was listed a moment ago.
  return names.reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}

test('the space really comes back, while events come in', async () => {
  const folder = freshFolder();
  const adapter = await open(folder, { maxBytes: 64_000 });
  const maker = new BatchMaker();
  for (let nth = 0; nth < 300; nth += 1) await put(adapter, maker.batch(nth % 3, numbered(10 * nth, 10, 50)));
  await within(5000, () => bytesOnDisk(folder) <= 64_000 + 8000);
  expect(bytesOnDisk(folder)).toBeGreaterThan(30_000);
  expect((await allTexts(adapter, 2)).at(-1)).toBe(numbered(2999, 1, 50)[0]);
});

test('age takes idle shards as well, and positions, sequences and seals outlive their events', async () => {
  const folder = freshFolder();
  let nowNs = 1_700_000_000_000_000_000n;
  const options = { maxAgeMs: 400, now: () => nowNs };
  const adapter = await open(folder, options);
  const maker = new BatchMaker();
  const batch = maker.batch(0, ['a', 'b']);
  await put(adapter, batch, maker.batch(1, ['c']));
  const tail = await adapter.tail(0, { signal });
  await adapter.sealShard?.(1);
  nowNs += 1_000_000_000n;
  await within(5000, () => bytesOnDisk(folder) === 0);
  expect(await poll(adapter)).toMatchObject({ records: [], next: tail, gap: { reason: 'trimmed', count: 2 } });
  await close(adapter);
  const again = await open(folder, options);
  expect(await poll(again)).toMatchObject({ records: [], next: tail, hasMore: false, gap: { count: 2 } });
  expect(await poll(again, 0, { after: tail })).toMatchObject({ records: [], gap: undefined });
  expect((await poll(again, 1)).sealed).toBe(true);
  await put(again, batch);
  expect((await poll(again)).records).toEqual([]);
  await put(again, maker.batch(0, ['d']));
  expect((await poll(again, 0, { after: tail })).records.length).toBe(1);
});
