// Cursors as strings: canonical, small, strict, and hostile input by the thousands.
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Cursor } from '../../../src/consume/cursor.ts';
import { CursorCodec } from '../../../src/consume/cursor-codec.ts';
import { Poller } from '../../../src/consume/poller.ts';
import { ConsumerError } from '../../../src/errors/consumer-error.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { SampleSource } from '../../support/sample-source.ts';

const SEED = Number(process.env.CURSOR_SEED ?? Math.floor(Math.random() * 1e9));
const codec = new CursorCodec('store-1');

function sample(): Cursor {
  const cursor = new Cursor();
  cursor.watermark = 1_700_000_000_000_000_123n;
  cursor.since = 5n;
  for (const shard of [300, 2, 65_535]) cursor.set(shard, { position: `pos-${shard}-é` });
  for (const shard of [8, 7, 1, 9, 65_534]) cursor.set(shard, 'done');
  return cursor;
}

/** The same bytes with a checksum that is right: what only a forger makes. */
function forged(change: (bytes: Buffer) => Buffer): string {
  const bytes = change(Buffer.from(codec.encode(sample()), 'base64url').subarray(0, -4));
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(bytes));
  return Buffer.concat([bytes, checksum]).toString('base64url');
}

describe('cursor codec', () => {
  test('C2 a cursor comes back as it was written', () => {
    const text = codec.encode(sample());
    const cursor = codec.decode(text);
    expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(codec.encode(cursor)).toBe(text);
    expect(cursor.watermark).toBe(1_700_000_000_000_000_123n);
    expect(cursor.since).toBe(5n);
    expect([cursor.positionOf(2), cursor.positionOf(300), cursor.positionOf(3)]).toEqual([
      'pos-2-é',
      'pos-300-é',
      undefined,
    ]);
    expect(cursor.done.ranges).toEqual([
      [1, 1],
      [7, 9],
      [65_534, 65_534],
    ]);
  });

  test('C2 the order in which shards were passed leaves no trace', () => {
    const other = new Cursor();
    other.watermark = sample().watermark;
    other.since = 5n;
    for (const shard of [9, 65_534, 8, 1, 7]) other.set(shard, 'done');
    for (const shard of [65_535, 300, 2]) other.set(shard, { position: `pos-${shard}-é` });
    expect(codec.encode(other)).toBe(codec.encode(sample()));
  });

  test('a cursor of one shard is short', () => {
    const cursor = new Cursor();
    cursor.watermark = 2n ** 63n;
    cursor.set(0, { position: '1234567890123456789' });
    expect(codec.encode(cursor).length).toBeLessThan(70);
  });

  test('a thousand retired shards cost a few bytes', () => {
    const cursor = new Cursor();
    for (let shard = 0; shard < 1000; shard += 1) cursor.set((shard * 617) % 1000, 'done');
    expect(codec.encode(cursor).length).toBeLessThan(40);
  });

  test('C2 a cursor of another store is told from a damaged one', () => {
    const text = codec.encode(sample());
    expect(() => new CursorCodec('store-2').decode(text)).toThrow(/another store/);
    for (const bad of [`${text}A`, text.slice(0, -1), `AQ${text.slice(2).toLowerCase()}`]) {
      expect(() => codec.decode(bad), bad).toThrow(/damaged/);
    }
  });

  test('C2 a text that is no cursor at all is told so, and how to start', () => {
    const text = codec.encode(sample());
    for (const bad of ['', ' ', 'x', 'lastest', 'latest!', 'é', `${text}=`, 'the-newest-event-that-there-is']) {
      expect(() => codec.decode(bad), bad).toThrow(/is no cursor: start at 'earliest', at 'latest'/);
      expect(() => codec.decode(bad), bad).toThrow(ConsumerError);
    }
  });

  test.each([
    ['an unknown version', (bytes: Buffer) => bytes.fill(9, 0, 1), /version 9/],
    ['an unknown flag', (bytes: Buffer) => bytes.fill(3, 1, 2), /damaged/],
    ['bytes too many', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(3)]), /damaged/],
    ['an end too early', (bytes: Buffer) => bytes.subarray(0, 30), /damaged/],
    ['a huge count', (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 18), Buffer.alloc(8, 0xff)]), /damaged/],
  ])('a forged cursor with %s is refused', (_name, change, message) => {
    expect(() => codec.decode(forged(change))).toThrow(message);
    expect(() => codec.decode(forged(change))).toThrow(ConsumerError);
  });

  test('a shard that is done and has a position is refused', () => {
    const twice = sample();
    twice.setDone(twice.done.with(2));
    expect(() => codec.decode(codec.encode(twice))).toThrow(/twice/);
  });
});

describe(`mutations, CURSOR_SEED=${SEED}`, () => {
  test('C2 10,000 mutated cursors give InvalidCursor or a correct page', async () => {
    const random = seededRandom(SEED);
    const source = new SampleSource();
    for (let n = 0; n < 300; n += 1) source.store.add(n % 3, 1000 + n);
    source.store.seal(2);
    const poller = new Poller(source);
    const texts: string[] = [];
    for (let from: string | undefined, n = 0; n < 20; n += 1) {
      from = (await poller.poll({ limit: 17, from })).cursor;
      texts.push(from);
    }
    for (let n = 0; n < 10_000; n += 1) {
      const text = mutated(texts[Math.floor(random() * texts.length)] as string, random, n % 2 === 0);
      const page = await poller.poll({ limit: 10, from: text }).catch((error: unknown) => error);
      if (page instanceof ConsumerError) expect(page.kind, text).toBe('InvalidCursor');
      else expect((page as { events: unknown[] }).events.length, text).toBeLessThanOrEqual(10);
    }
  });
});

/** A byte changed, cut off, doubled or put in; half of the time with a checksum that fits. */
function mutated(text: string, random: () => number, forges: boolean): string {
  const bytes = [...Buffer.from(text, 'base64url').subarray(0, -4)];
  for (let changes = 1 + Math.floor(random() * 3); changes > 0; changes -= 1) {
    const at = Math.floor(random() * bytes.length);
    const value = Math.floor(random() * 256);
    const kind = Math.floor(random() * 4);
    if (kind === 0) bytes[at] = value;
    else if (kind === 1) bytes.splice(at, 1 + Math.floor(random() * 5));
    else if (kind === 2) bytes.splice(at, 0, value);
    else bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  }
  const body = Buffer.from(bytes);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(forges ? crc32(body) : Math.floor(random() * 2 ** 32));
  return Buffer.concat([body, checksum]).toString('base64url');
}
