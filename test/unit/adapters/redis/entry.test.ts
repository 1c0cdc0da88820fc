// Reading an answer of XRANGE: what an entry becomes, and that nothing of the answer stays behind.
import { describe, expect, it } from 'vitest';
import { readEntries } from '../../../../src/adapters/redis/entry.ts';

const HASH = '0123456789abcdef';

function answer(...fields: readonly string[]): unknown[] {
  return [[Buffer.from('17-3'), fields.map((each) => Buffer.from(each))]];
}

describe('an answer of XRANGE', () => {
  it('becomes entries with their fields found by name, unknown ones passed over', () => {
    const reply = answer(
      'time',
      '5',
      'color',
      'red',
      'id',
      'p/0/1',
      'hash',
      HASH,
      'payload',
      '\u{1f600}',
      'dropped',
      '2',
    );
    const [entry] = readEntries(reply, 'Reading');
    expect(entry).toMatchObject({ ms: 17, index: 3, dropped: 2, key: undefined, frame: undefined });
    const { hash, name, payload, time } = entry ?? {};
    expect([payload, time, name, hash].map(String)).toEqual(['\u{1f600}', '5', 'p/0/1', HASH]);
  });

  it('is empty once it is read, so that its Buffers live no longer than the entries', () => {
    const reply = answer('payload', 'x', 'time', '5', 'id', 'p/0/1', 'hash', HASH);
    expect(readEntries(reply, 'Reading')).toHaveLength(1);
    expect(reply).toEqual([]);
  });

  it('that holds an entry of another writer is an error that names the entry', () => {
    expect(() => readEntries(answer('payload', 'x'), 'Reading')).toThrow(/the entry 17-3 lacks the fields of an event/);
  });
});
