// Events as messages and back: any payloads, keys, headers, stamps, hashes and sequences, and no message of another program.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventView } from '../../../../src/adapter/contract.ts';
import { eventHeaders, frameHeaders, MOST_HEADER_BYTES } from '../../../../src/adapters/jetstream/event-message.ts';
import { decodeValue, encodeValue, isPlain } from '../../../../src/adapters/jetstream/header-text.ts';
import { MessageReader } from '../../../../src/adapters/jetstream/message-reader.ts';
import type { MessageRecord } from '../../../../src/adapters/jetstream/message-record.ts';
import { whole } from '../../../../src/adapters/jetstream/raw-message.ts';
import { nameOf } from '../../../../src/adapters/jetstream/stored-message.ts';
import { BatchMaker } from '../../../../src/testing/index.ts';
import { seedOf } from '../../../support/seed.ts';

const PRODUCER = '00000000000000aa-0000000000000001';
const seed = seedOf('jetstream messages');
const texts = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => text.isWellFormed());
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const views = fc.record(
  {
    sequence: fc.maxSafeNat(),
    timestampNs: uint64,
    hash: uint64,
    bytes: fc.uint8Array({ maxLength: 200 }),
    key: texts,
    headers: fc.dictionary(
      texts.filter((name) => name !== '__proto__'),
      texts,
      { maxKeys: 4 },
    ),
  },
  { requiredKeys: ['sequence', 'timestampNs', 'hash', 'bytes'] },
) as fc.Arbitrary<EventView>;

function read(headers: Uint8Array, data: Uint8Array): MessageRecord[] {
  const records: MessageRecord[] = [];
  new MessageReader('tag').read({ streamSeq: 5, headers: whole(Buffer.from(headers)), data }, records);
  return records;
}

test('I2 an event comes back from its message as it was', () => {
  fc.assert(
    fc.property(views, fc.nat(), fc.nat(), (event, lost, forgotten) => {
      const headers = eventHeaders(event, `${PRODUCER}/3/`, { lost, forgotten });
      const [record] = read(headers, event.bytes) as [MessageRecord];
      expect(Buffer.from(record.bytes)).toEqual(Buffer.from(event.bytes));
      const { forgottenBefore, hash, key, lostBefore = 0, producer, sequence, timestampNs } = record;
      expect([producer, sequence, timestampNs, hash, key]).toEqual([
        PRODUCER,
        event.sequence,
        event.timestampNs,
        event.hash,
        event.key,
      ]);
      expect({ ...record.headers }).toEqual({ ...event.headers });
      expect([lostBefore, forgottenBefore]).toEqual([lost, forgotten]);
    }),
    { seed },
  );
});

test('the longest key and headers fit what is kept free for them', () => {
  const longest = { key: '\u0001'.repeat(65_000), headers: { a: '\u0001'.repeat(500) } };
  const event = { sequence: 2 ** 53 - 1, timestampNs: 2n ** 64n - 1n, hash: 0n, bytes: new Uint8Array(0), ...longest };
  const headers = eventHeaders(event, `${PRODUCER}/65535/`, { lost: 2 ** 52, forgotten: 2 ** 52 });
  expect(headers.length).toBeLessThanOrEqual(MOST_HEADER_BYTES);
  expect(read(headers, event.bytes)[0]?.key).toBe(longest.key);
});

test('a frame comes back as its events, what is missing told by the first', () => {
  const batch = new BatchMaker({ producer: PRODUCER }).batch(2, ['a', 'b', 'c']);
  const records = read(frameHeaders(`${PRODUCER}/2/`, batch, { lost: 4, forgotten: 6 }), batch.frame);
  expect(records.map((each) => Buffer.from(each.bytes).toString())).toEqual(['a', 'b', 'c']);
  expect(records.map(({ lostBefore = 0, forgottenBefore }) => [lostBefore, forgottenBefore])).toEqual([
    [4, 6],
    [0, 0],
    [0, 0],
  ]);
});

test.each([
  ['', 'no headers'],
  ['NATS/1.0\r\nother: 1\r\n\r\n', 'headers of another program'],
  ['NATS/1.0\r\nNats-Msg-Id: mine\r\n\r\n', 'an id of another form'],
  ['NATS/1.0\r\nNats-Msg-Id: p/0/1\r\nMb-Time: soon\r\nMb-Hash: 00000000000000ff\r\n\r\n', 'a time that is none'],
  ['NATS/1.0\r\nNats-Msg-Id: p/0/1\r\nMb-Time: 1\r\nMb-Hash: 00000000000000FG\r\n\r\n', 'a hash that is none'],
  ['NATS/1.0\r\nNats-Msg-Id: p/0/1-2\r\nMb-Frame: 1\r\n\r\n', 'data that is no frame'],
])('%j is no message of this format: %s', (headers) => {
  expect(() => read(Buffer.from(headers), Buffer.from('text'))).toThrow(
    expect.objectContaining({ kind: 'Serialization', message: expect.stringContaining('The message 5') }),
  );
});

test('ids name one event or a run of them', () => {
  const name = (id: string) => nameOf({ headers: whole(Buffer.from(`NATS/1.0\r\nNats-Msg-Id: ${id}\r\n\r\n`)) });
  const [producer, shard] = [PRODUCER, 7];
  expect(name(`${PRODUCER}/7/12`)).toEqual({ producer, shard, firstSequence: 12, lastSequence: 12, isFrame: false });
  expect(name(`${PRODUCER}/7/12-40`)).toEqual({ producer, shard, firstSequence: 12, lastSequence: 40, isFrame: true });
  expect([name('7/12'), name('x'), name(`${PRODUCER}/7/`)]).toEqual([undefined, undefined, undefined]);
});

test('a text of any kind comes back from a header, on one line of printable ASCII', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const encoded = encodeValue(text);
      expect(encoded).toMatch(/^[\x20-\x7e]*$/);
      expect(decodeValue(encoded)).toBe(text);
    }),
    { seed },
  );
});

test('a header keeps its name unless it means something to the server, or is none', () => {
  expect(isPlain('traceparent', '00-af-01')).toBe(true);
  for (const name of ['Nats-Rollup', 'mb-key', 'Status', 'a b', 'a:b', '', 'ü'])
    expect([name, isPlain(name, 'x')]).toEqual([name, false]);
  for (const value of [' lead', 'trail ', 'a\r\nb', 'ü', '\u0000'])
    expect([value, isPlain('n', value)]).toEqual([value, false]);
});
