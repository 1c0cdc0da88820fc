// Files of a log that somebody removed: readers hear of a loss with its count, and the opening and the inspection tell
// what the files that are left can tell.
import { readdirSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Adapter, Gap } from '../../../../src/adapter/contract.ts';
import type { Finding } from '../../../../src/adapter/finding.ts';
import { log } from '../../../../src/adapters/log/index.ts';
import { inspectLog } from '../../../../src/adapters/log/inspect.ts';
import { EventBus } from '../../../../src/index.ts';
import { BatchMaker } from '../../../../src/testing/index.ts';
import { allTexts, close, freshFolder, numbered, open, poll, put, signal, texts } from './driver.ts';

const SMALL = { segmentBytes: 4096 };
const ALL = numbered(0, 200, 50);

async function written(): Promise<{ folder: string; starts: number[] }> {
  const folder = freshFolder();
  const adapter = await open(folder, SMALL);
  const maker = new BatchMaker();
  for (let nth = 0; nth < 20; nth += 1) await put(adapter, maker.batch(0, numbered(10 * nth, 10, 50)));
  await close(adapter);
  return { folder, starts: startsOf(folder) };
}

function startsOf(folder: string): number[] {
  const names = readdirSync(join(folder, 'shard-0')).filter((name) => name.endsWith('.seg'));
  return names.map((name) => Number(name.slice(0, 16))).sort((a, b) => a - b);
}

function remove(folder: string, first: number, kinds: readonly string[]): void {
  for (const kind of kinds) unlinkSync(join(folder, 'shard-0', `${String(first).padStart(16, '0')}.${kind}`));
}

async function gapsOf(adapter: Adapter, limit = 7): Promise<Gap[]> {
  const gaps: Gap[] = [];
  for (let after: string | undefined; ; ) {
    const page = await poll(adapter, 0, { after, limit });
    if (page.gap !== undefined) gaps.push(page.gap);
    expect(page.records.every((record) => record.lostBefore === undefined)).toBe(true);
    if (!page.hasMore) return gaps;
    expect(page.next).not.toBe(after);
    after = page.next;
  }
}

test.each([0, 1, 2])(
  'C5 file %i that was removed is a gap `lost` with its count, to readers and writers',
  async (nth) => {
    const { folder, starts } = await written();
    const [first, next] = [starts[nth] as number, starts[nth + 1] as number];
    remove(folder, first, ['seg', 'idx']);
    const findings: Finding[] = [];
    const reader = await open(folder, { readOnly: true });
    const writer = await open(folder, { ...SMALL, findings });
    expect(findings).toMatchObject([{ kind: 'log-missing', shard: 0 }]);
    for (const adapter of [reader, writer]) {
      for (const limit of [1, 7, 1000]) {
        expect(await gapsOf(adapter, limit)).toEqual([{ shard: 0, reason: 'lost', count: next - first }]);
      }
      expect(await allTexts(adapter)).toEqual([...ALL.slice(0, first), ...ALL.slice(next)]);
    }
    expect(await inspectLog(folder, { repair: false, signal })).toMatchObject([{ weight: 'note' }]);
  },
);

test('C5 a bus tells the loss as `lost`, and a drop by the bus in front of a new file still as dropped', async () => {
  const { folder, starts } = await written();
  const writer = await open(folder, SMALL);
  const maker = new BatchMaker({ producer: 'other' });
  maker.lose(0, 5);
  await put(writer, maker.batch(0, numbered(200, 2, 4000)));
  maker.lose(0, 7);
  await put(writer, maker.batch(0, numbered(202, 2, 50)));
  await close(writer);
  remove(folder, starts[1] as number, ['seg', 'idx']);
  const bus = await EventBus.create({ adapter: log(folder, { readOnly: true }) });
  const gaps: unknown[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await bus.poll({ limit: 50, from: cursor ?? 'earliest' });
    gaps.push(...page.gaps.map(({ reason, count }) => ({ reason, count })));
    if (!page.hasMore) break;
    cursor = page.cursor;
  }
  await bus.shutdown();
  expect(gaps).toEqual([
    { reason: 'lost', count: (starts[2] as number) - (starts[1] as number) },
    { reason: 'dropped', count: 5 },
    { reason: 'dropped', count: 7 },
  ]);
});

test('a search by time that ends behind removed files tells of them', async () => {
  const { folder, starts } = await written();
  const [first, next] = [starts[1] as number, starts[2] as number];
  const stamps = (await poll(await open(folder, { readOnly: true }))).records.map((record) => record.timestampNs);
  remove(folder, first, ['seg', 'idx']);
  const reader = await open(folder, { readOnly: true });
  const after = await reader.seek?.(0, stamps[first + 3] as bigint, { signal });
  const page = await poll(reader, 0, { after, limit: 2 });
  expect(page.gap).toEqual({ shard: 0, reason: 'lost', count: next - first });
  expect(texts(page)).toEqual(ALL.slice(next, next + 2));
});

test('the newest file that was removed is told by the index it left; its place is taken by right events', async () => {
  const { folder, starts } = await written();
  const last = starts.at(-1) as number;
  remove(folder, last, ['seg']);
  const told = expect.stringContaining(`held the events ${last} to 199 of shard 0`);
  expect(await inspectLog(folder, { repair: false, signal })).toMatchObject([{ weight: 'fault', what: told }]);
  const findings: Finding[] = [];
  const writer = await open(folder, { ...SMALL, findings });
  expect(findings).toMatchObject([{ kind: 'log-missing', message: told }]);
  const added = numbered(500, 150, 500);
  await put(writer, new BatchMaker({ producer: 'other' }).batch(0, added));
  const expected = [...ALL.slice(0, last), ...added];
  expect(await allTexts(writer)).toEqual(expected);
  expect(await allTexts(await open(folder, { readOnly: true }))).toEqual(expected);
});

test.each(['newest file', 'shard'])(
  'C2 where no file tells of the %s that was removed, a cursor into it is refused',
  async (what) => {
    const { folder, starts } = await written();
    const bus = await EventBus.create({ adapter: log(folder, { readOnly: true }) });
    const { cursor } = await bus.poll({ limit: 1000 });
    await bus.shutdown();
    if (what === 'shard') rmSync(join(folder, 'shard-0'), { recursive: true });
    else remove(folder, starts.at(-1) as number, ['seg', 'idx']);
    const again = await EventBus.create({ adapter: log(folder, { readOnly: true }) });
    await expect(again.poll({ limit: 9, from: cursor })).rejects.toMatchObject({ kind: 'InvalidCursor' });
    await again.shutdown();
  },
);

test('the only file that was removed is told by the index it left', async () => {
  const folder = freshFolder();
  const adapter = await open(folder);
  await put(adapter, new BatchMaker().batch(0, ['a', 'b']));
  await close(adapter);
  remove(folder, 0, ['seg']);
  const findings: Finding[] = [];
  expect(await inspectLog(folder, { repair: false, signal })).toMatchObject([{ weight: 'fault' }]);
  await open(folder, { findings });
  expect(findings).toMatchObject([{ kind: 'log-missing' }]);
});
