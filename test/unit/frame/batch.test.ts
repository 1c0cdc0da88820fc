// A batch over its frame: what went in comes out, and a frame from elsewhere is believed only when it is whole.
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { RECORD_FLAGS, RECORD_HEADER_BYTES, RECORD_META_LENGTH, RECORD_SEQUENCE } from '../../../kernel/layout.ts';
import { FrameBatch, FrameError } from '../../../src/frame/batch.ts';
import { AT_CHECKSUM, AT_COUNT, AT_HEADER_BYTES, AT_RECORD_BYTES, AT_VERSION } from '../../../src/frame/layout.ts';
import { BatchMaker, type SampleEvent } from '../../../src/testing/batch-maker.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { seedOf } from '../../support/seed.ts';

const EVENTS: readonly SampleEvent[] = [
  { bytes: '' },
  { bytes: 'x', hash: 0xffff_ffff_ffff_ffffn },
  { bytes: Uint8Array.of(0xff, 0, 0xc3), key: '' },
  { bytes: '{"a":1.0}', key: 'session-1', headers: { 'content-type': 'application/json', leer: '' } },
  { bytes: 'y'.repeat(1000), headers: {} },
];

function frameOf(events: readonly SampleEvent[] = EVENTS, producer = 'producer-ü'): Buffer<ArrayBuffer> {
  return Buffer.from(new BatchMaker({ producer }).batch(7, events).frame);
}

/** The frame with its checksum made right again: a writer that was wrong, not damage. */
function resealed(frame: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  frame.writeUInt32LE(0, AT_CHECKSUM);
  frame.writeUInt32LE(crc32(frame), AT_CHECKSUM);
  return frame;
}

test('a frame that is parsed gives the batch that made it', () => {
  const maker = new BatchMaker({ producer: 'producer-ü' });
  maker.batch(7, ['before']);
  maker.lose(7, 3);
  const made = maker.batch(7, EVENTS);
  const parsed = FrameBatch.parse(Uint8Array.from(made.frame));
  expect([parsed.shard, parsed.producer, parsed.firstSequence, parsed.count, parsed.lostBefore]).toEqual([
    7,
    'producer-ü',
    4,
    5,
    3,
  ]);
  const records = [...parsed];
  records.forEach((record, nth) => {
    const event = EVENTS[nth] as SampleEvent;
    expect(Buffer.from(record.bytes)).toEqual(Buffer.from(event.bytes as string));
    expect([record.key, record.headers, record.hash]).toEqual([event.key, event.headers, event.hash ?? 0n]);
    expect(record.sequence).toBe(4 + nth);
  });
  expect([parsed.firstTimestampNs, parsed.lastTimestampNs]).toEqual([
    records[0]?.timestampNs,
    records.at(-1)?.timestampNs,
  ]);
  expect(Buffer.from(parsed.frame)).toEqual(Buffer.from(made.frame));
});

test('a batch can be read any number of times, several times at once', () => {
  const batch = FrameBatch.parse(frameOf());
  const first = batch[Symbol.iterator]();
  first.next();
  expect([...batch]).toHaveLength(5);
  expect(first.next().value?.sequence).toBe(1);
});

test('sequences up to 2^53 - 1 are told exactly', () => {
  const facts = { count: 0, recordBytes: 0, firstTimestampNs: 0n, lastTimestampNs: 0n };
  const sequences = { firstSequence: Number.MAX_SAFE_INTEGER, lostBefore: 2 ** 52 + 1 };
  const batch = FrameBatch.drain({ shard: 65_535, producer: '' }, { ...facts, ...sequences }, () => undefined);
  const parsed = FrameBatch.parse(Uint8Array.from(batch.frame));
  expect([parsed.firstSequence, parsed.lostBefore, parsed.shard]).toEqual([2 ** 53 - 1, 2 ** 52 + 1, 65_535]);
});

describe('a frame from elsewhere is refused', () => {
  test('when any byte of it was changed', () => {
    const frame = frameOf();
    const random = seededRandom(seedOf('frame'));
    for (let at = 0; at < frame.length; at += 1) {
      const changed = Buffer.from(frame);
      changed[at] = (changed[at] as number) ^ (1 + Math.floor(random() * 255));
      expect(() => FrameBatch.parse(changed), `offset ${at}`).toThrow(FrameError);
    }
  });

  test('when it is cut anywhere, or goes on', () => {
    const frame = frameOf();
    for (let length = 0; length < frame.length; length += 1) {
      expect(() => FrameBatch.parse(frame.subarray(0, length)), `length ${length}`).toThrow(FrameError);
    }
    expect(() => FrameBatch.parse(Buffer.concat([frame, Buffer.alloc(8)]))).toThrow(FrameError);
  });

  test('when it is of another version, which the error tells', () => {
    const frame = frameOf();
    frame.writeUInt16LE(9, AT_VERSION);
    expect(() => FrameBatch.parse(resealed(frame))).toThrow(/version 9/);
  });

  const WRONG: readonly (readonly [string, (frame: Buffer, first: number) => void])[] = [
    ['has fewer records than it says', (frame) => frame.writeUInt32LE(6, AT_COUNT)],
    ['says that it has 4 billion records', (frame) => frame.writeUInt32LE(0xffff_ffff, AT_COUNT)],
    ['has more records than it says', (frame) => frame.writeUInt32LE(4, AT_COUNT)],
    ['has a payload past its end', (frame, first) => frame.writeUInt32LE(0xffff_ffd9, first)],
    ['has a payload of another length', (frame, first) => frame.writeUInt32LE(8, first)],
    ['has key and headers past their end', (frame, first) => frame.writeUInt16LE(0xffff, first + RECORD_META_LENGTH)],
    ['claims a key where none is', (frame, first) => frame.writeUInt16LE(1, first + RECORD_FLAGS)],
    ['has a sequence out of order', (frame, first) => frame.writeUInt32LE(9, first + RECORD_SEQUENCE)],
    ['has a key longer than its place', (frame, first) => frame.writeUInt16LE(500, first + 80 + RECORD_HEADER_BYTES)],
  ];
  test.each(WRONG)('when its checksum is right, but it %s', (_, spoil) => {
    const frame = frameOf();
    const first = frame.readUInt16LE(AT_HEADER_BYTES);
    spoil(frame, first);
    expect(() => FrameBatch.parse(resealed(frame))).toThrow(FrameError);
  });

  test('when a header ends in the middle of its value', () => {
    const frame = frameOf([{ bytes: 'payload', headers: { name: 'value' } }]);
    const at = frame.readUInt16LE(AT_HEADER_BYTES) + RECORD_HEADER_BYTES;
    for (const [offset, length] of [
      [0, 5],
      [0, 60_000],
      [6, 4],
      [6, 6],
    ] as const) {
      const spoilt = Buffer.from(frame);
      spoilt.writeUInt16LE(length, at + offset);
      expect(() => FrameBatch.parse(resealed(spoilt))).toThrow(/key or headers/);
    }
  });

  test('when the lengths in its header do not add up, whatever the checksum says', () => {
    for (const [field, value] of [
      [AT_RECORD_BYTES, 0],
      [AT_RECORD_BYTES, 0xffff_ffd9],
      [AT_HEADER_BYTES, 0xffff],
    ] as const) {
      const frame = frameOf();
      if (field === AT_HEADER_BYTES) frame.writeUInt16LE(value, field);
      else frame.writeUInt32LE(value, field);
      expect(() => FrameBatch.parse(resealed(frame))).toThrow(/lengths in the header/);
    }
  });
});
