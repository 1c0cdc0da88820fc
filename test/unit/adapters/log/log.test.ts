// The log behind its adapter: segments, reopening, gaps, positions, times. The rest is in test/conformance.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type { Finding } from '../../../../src/adapter/finding.ts';
import { log } from '../../../../src/adapters/log/index.ts';
import { ConfigError } from '../../../../src/errors/config-error.ts';
import { PositionError } from '../../../../src/errors/position-error.ts';
import { BatchMaker } from '../../../../src/testing/index.ts';
import { allTexts, close, flush, freshFolder, numbered, open, poll, put, signal, texts } from './driver.ts';

const SMALL = { segmentBytes: 4096 };

function segmentsOf(folder: string, shard = 0): string[] {
  return readdirSync(join(folder, `shard-${shard}`))
    .filter((name) => name.endsWith('.seg'))
    .sort();
}

test('reads across many segments, from any position, before and after reopening', async () => {
  const folder = freshFolder();
  let adapter = await open(folder, SMALL);
  const maker = new BatchMaker();
  const expected: string[] = [];
  for (let nth = 0; nth < 40; nth += 1) {
    const payloads = numbered(10 * nth, 10, 50);
    expected.push(...payloads);
    await put(adapter, maker.batch(0, payloads));
  }
  expect(segmentsOf(folder).length).toBeGreaterThan(5);
  for (const limit of [1, 7, 100_000]) expect(await allTexts(adapter, 0, limit)).toEqual(expected);
  const positions = (await poll(adapter)).records.map((record) => record.position);
  await close(adapter);
  adapter = await open(folder, SMALL);
  expect(await allTexts(adapter)).toEqual(expected);
  for (let nth = 0; nth < 400; nth += 37) {
    expect(texts(await poll(adapter, 0, { after: positions[nth], limit: 3 }))).toEqual(
      expected.slice(nth + 1, nth + 4),
    );
  }
});

test('each segment but the last has an index file, and without them the log opens the same', async () => {
  const folder = freshFolder();
  const adapter = await open(folder, SMALL);
  const maker = new BatchMaker();
  for (let nth = 0; nth < 20; nth += 1) await put(adapter, maker.batch(0, numbered(10 * nth, 10, 50)));
  const expected = await allTexts(adapter);
  await close(adapter);
  const names = readdirSync(join(folder, 'shard-0'));
  expect(names.filter((name) => name.endsWith('.idx')).length).toBe(segmentsOf(folder).length);
  for (const name of names.filter((each) => each.endsWith('.idx')))
    writeFileSync(join(folder, 'shard-0', name), 'damaged');
  const again = await open(folder, SMALL);
  expect(await allTexts(again)).toEqual(expected);
  expect(await again.seek?.(0, 1_700_000_000_000_000_055n, { signal })).toMatch(/^55-/);
});

test('a batch that is repeated after reopening is stored once, also when its segment is closed', async () => {
  const folder = freshFolder();
  const adapter = await open(folder, SMALL);
  const maker = new BatchMaker();
  const batches = Array.from({ length: 10 }, (_, nth) => maker.batch(0, numbered(20 * nth, 20, 50)));
  await put(adapter, ...batches);
  await close(adapter);
  const again = await open(folder, SMALL);
  await put(again, ...batches);
  expect((await allTexts(again)).length).toBe(200);
});

test('C5 losses are told in front of the event behind them, over segments and reopening', async () => {
  const folder = freshFolder();
  const adapter = await open(folder, SMALL);
  const maker = new BatchMaker();
  await put(adapter, maker.batch(0, numbered(0, 80, 50)));
  maker.lose(0, 7);
  await put(adapter, maker.batch(0, numbered(0, 2, 50)));
  await close(adapter);
  const again = await open(folder, SMALL);
  const page = await poll(again);
  expect(page.records.map((record) => record.lostBefore ?? 0).filter((lost) => lost > 0)).toEqual([7]);
  expect(page.records[80]).toMatchObject({ lostBefore: 7, sequence: 87 });
  expect(await again.seek?.(0, page.records[80]?.timestampNs ?? 0n, { signal })).toBe(page.records[79]?.position);
});

test('C2 a log that lost its newest events refuses the positions of those, also when it has grown again', async () => {
  const folder = freshFolder();
  const adapter = await open(folder);
  const maker = new BatchMaker();
  await put(adapter, maker.batch(0, ['a', 'b']));
  await close(adapter);
  cpSync(folder, `${folder}-copy`, { recursive: true });
  const later = await open(folder);
  await put(later, maker.batch(0, ['c', 'd']));
  const positions = (await poll(later)).records.map((record) => record.position);
  const restored = await open(`${folder}-copy`);
  await expect(poll(restored, 0, { after: positions[3] })).rejects.toBeInstanceOf(PositionError);
  await put(restored, new BatchMaker({ producer: 'other' }).batch(0, ['x', 'y', 'z']));
  await expect(poll(restored, 0, { after: positions[3] })).rejects.toBeInstanceOf(PositionError);
  expect(texts(await poll(restored, 0, { after: positions[1] }))).toEqual(['x', 'y', 'z']);
});

test('a file that was cut short is told, and the next events take its place', async () => {
  const folder = freshFolder();
  const adapter = await open(folder);
  const maker = new BatchMaker();
  await put(adapter, maker.batch(0, ['a', 'b']), maker.batch(0, ['c', 'd']));
  await flush(adapter);
  const positions = (await poll(adapter)).records.map((record) => record.position);
  await close(adapter);
  const path = join(folder, 'shard-0', segmentsOf(folder)[0] as string);
  truncateSync(path, statSync(path).size - 10);
  const findings: Finding[] = [];
  const again = await open(folder, { findings });
  expect(findings).toMatchObject([{ kind: 'log-cut', shard: 0 }]);
  expect(findings[0]?.message).toContain('2 stored events are lost');
  expect(await allTexts(again)).toEqual(['a', 'b']);
  await put(again, new BatchMaker({ producer: 'other' }).batch(0, ['e', 'f']));
  await expect(poll(again, 0, { after: positions[2] })).rejects.toBeInstanceOf(PositionError);
  expect(await allTexts(again)).toEqual(['a', 'b', 'e', 'f']);
});

test('damage in a closed segment is an error that names file and offset, and the rest goes on', async () => {
  const folder = freshFolder();
  const adapter = await open(folder, SMALL);
  const maker = new BatchMaker();
  for (let nth = 0; nth < 20; nth += 1) await put(adapter, maker.batch(0, numbered(10 * nth, 10, 50)));
  const positions = (await poll(adapter)).records.map((record) => record.position);
  await close(adapter);
  const [, second, third] = segmentsOf(folder) as [string, string, string];
  const path = join(folder, 'shard-0', second);
  const bytes = readFileSync(path);
  bytes[bytes.length - 20] = (bytes[bytes.length - 20] as number) ^ 1;
  writeFileSync(path, bytes);
  const again = await open(folder, SMALL);
  await expect(allTexts(again)).rejects.toMatchObject({ kind: 'Serialization' });
  await expect(allTexts(again)).rejects.toThrow(`${JSON.stringify(path)} at offset `);
  const behind = Number(third.slice(0, 16));
  expect(texts(await poll(again, 0, { after: positions[behind - 1], limit: 2 }))).toEqual(numbered(behind, 2, 50));
  await put(again, maker.batch(0, ['new']));
});

test('a foreign folder, a newer log and a damaged format file are refused and left as they were', async () => {
  const contents: Record<string, string>[] = [
    { 'letter.txt': 'hello' },
    { 'meshbus-log.json': '{"format":"meshbus-log","version":2,"storeId":"log-1"}' },
    { 'meshbus-log.json': '{"format":"meshbus-' },
    { 'meshbus-log.json': '{"format":"other","version":1,"storeId":"log-1"}' },
  ];
  for (const files of contents) {
    const folder = freshFolder();
    mkdirSync(folder);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    for (const readOnly of [false, true]) {
      await expect(open(folder, { readOnly })).rejects.toMatchObject({ kind: 'Connection' });
      await expect(open(folder, { readOnly })).rejects.toThrow(folder);
    }
    expect(readdirSync(folder)).toEqual(Object.keys(files));
  }
});

test('a reader of a folder that is not there fails and makes nothing', async () => {
  const folder = freshFolder();
  await expect(open(folder, { readOnly: true })).rejects.toMatchObject({ kind: 'Connection' });
  expect(existsSync(folder)).toBe(false);
});

test('takes a path as typed, and a file URL', async () => {
  const folder = `${freshFolder()} b#1%41?x=ü`;
  await put(await open(folder), new BatchMaker().batch(0, ['a']));
  expect(existsSync(join(folder, 'meshbus-log.json'))).toBe(true);
  const reader = log(pathToFileURL(folder), { readOnly: true }).create();
  await reader.init({ producer: 'p', now: () => 0n, report: () => undefined });
  expect(texts(await poll(reader))).toEqual(['a']);
  await reader.shutdown({ signal });
});

test('G1 reports every fault of folder and options at once', () => {
  let error: unknown;
  try {
    log('', JSON.parse('{"durability":"maybe","maxEvents":0,"segmentBytes":10,"readOnly":1,"maxAge":7}'));
  } catch (caught) {
    error = caught;
  }
  expect((error as ConfigError).faults.map((fault) => fault.path)).toEqual([
    'log.folder',
    'log.maxAge',
    'log.durability',
    'log.maxEvents',
    'log.segmentBytes',
    'log.readOnly',
  ]);
  for (const bad of [undefined, null, 5, 'a\0b', new URL('http://example.org/a')]) {
    expect(() => log(bad as never)).toThrow(ConfigError);
  }
  for (const bad of [null, [], 5, 'log']) expect(() => log('folder', bad as never)).toThrow(ConfigError);
});
