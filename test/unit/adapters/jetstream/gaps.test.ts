// Why events are missing: by what the stream says of its ends, and what the producers' numbers prove.
import { expect, test } from 'vitest';
import { Continuity } from '../../../../src/adapters/jetstream/continuity.ts';
import { gapBefore, gapBehind, gapForgotten } from '../../../../src/adapters/jetstream/gaps.ts';
import type { MessageRecord } from '../../../../src/adapters/jetstream/message-record.ts';
import { type Place, tagOf } from '../../../../src/adapters/jetstream/place.ts';
import type { StreamFacts } from '../../../../src/adapters/jetstream/stream-setup.ts';

function record(sequence: number, fields: Partial<MessageRecord> = {}): MessageRecord {
  return { producer: 'p', streamSeq: sequence + 1, forgottenBefore: 0, ...fields, sequence } as MessageRecord;
}

function facts(firstSeq: number, lastSeq: number): StreamFacts {
  return { created: 'then', firstSeq, lastSeq, maxMessageBytes: -1 };
}

function place(streamSeq: number, sequence?: number, nth = Infinity): Place {
  const event = sequence === undefined ? undefined : { nth, sequence, producerTag: tagOf('p') };
  return { streamSeq, event, streamTag: 't' };
}

test('numbers that follow are no jump, nor those that the events themselves explain', () => {
  const shard = new Continuity();
  expect([0, 1, 2].map((each) => shard.take(record(each)))).toEqual([undefined, undefined, undefined]);
  expect(shard.take(record(7, { lostBefore: 4 }))).toBeUndefined();
  expect(shard.take(record(1))).toBeUndefined();
  expect(shard.take(record(9))).toMatchObject({ before: 7, previous: { sequence: 1 } });
  expect(shard.take(record(3, { producer: 'q' }))).toMatchObject({ before: undefined, previous: { sequence: 9 } });
});

test('C5 a place behind the end of the stream is lost, one before its begin is trimmed', () => {
  const at = (start: Place, next?: MessageRecord) => gapBehind({ shard: 0, start, facts: facts(10, 20), next });
  expect(at(place(21, 20))).toEqual({ shard: 0, reason: 'lost' });
  expect(at(place(15, 14))).toEqual({ shard: 0, reason: 'lost' });
  expect(at(place(15))).toBeUndefined();
  expect(at(place(9, 8))).toBeUndefined();
  expect(at(place(9, 8, 3))).toEqual({ shard: 0, reason: 'trimmed' });
  expect(at(place(5, 4))).toEqual({ shard: 0, reason: 'trimmed' });
  const known = { shard: 0, reason: 'trimmed', count: 4, producer: 'p', fromSequence: 5, toSequence: 8 };
  expect(at(place(5, 4), record(9))).toEqual(known);
  expect(at(place(5, 4), record(9, { producer: 'q' }))).toEqual({ shard: 0, reason: 'trimmed' });
});

test('C5 a jump is a gap only where the stream was trimmed, and its count is what the numbers prove', () => {
  const jump = { record: record(9), before: 3, previous: record(3) };
  const at = (firstSeq: number) => gapBefore({ shard: 0, jump, facts: facts(firstSeq, 20), startSeq: 0 });
  expect(at(5)).toBeUndefined();
  expect(at(10)).toMatchObject({ reason: 'trimmed', count: 5, fromSequence: 4, toSequence: 8 });
  const start = { record: record(9), before: undefined, previous: undefined };
  expect(gapBefore({ shard: 0, jump: start, facts: facts(10, 20), startSeq: 0 })).toMatchObject({ count: 9 });
  const stranger = { record: record(9, { producer: 'q' }), before: undefined, previous: record(3) };
  expect(gapBefore({ shard: 0, jump: stranger, facts: facts(10, 20), startSeq: 0 })).toEqual({
    shard: 0,
    reason: 'trimmed',
  });
});

test('C5 what the server forgot is told by the sequences before the event that says so', () => {
  expect(gapForgotten(2, record(10, { forgottenBefore: 6, lostBefore: 1 }))).toEqual({
    shard: 2,
    reason: 'lost',
    count: 6,
    producer: 'p',
    fromSequence: 3,
    toSequence: 8,
  });
});
