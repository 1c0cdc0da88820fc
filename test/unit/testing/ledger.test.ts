// The ledger tells every way in which what came back is not what went in.
import { expect, test } from 'vitest';
import { Ledger, type SeenEvent } from '../../../src/testing/index.ts';

function event(payload: string, sequence: number, more: Partial<SeenEvent> = {}): SeenEvent {
  return { shard: 0, producer: 'p', sequence, bytes: Buffer.from(payload), ...more };
}

test('accepts what came back once and in order, and counts what is missing', () => {
  const ledger = new Ledger();
  const [a, b, c] = [ledger.make(), ledger.make('k', 100), ledger.make('k')];
  expect(Buffer.byteLength(b)).toBe(100);
  ledger.see(event(a, 0));
  ledger.see(event(b, 1, { key: 'k' }));
  expect(() => ledger.assertComplete()).toThrow('1 events are missing, not 0; the first is 2');
  ledger.assertComplete(1);
  ledger.see(event(c, 4, { key: 'k' }));
  ledger.assertComplete();
  expect([ledger.accepted, ledger.seen, ledger.missing]).toEqual([3, 3, 0]);
});

test('an event that was refused is not missing, and must not come', () => {
  const ledger = new Ledger();
  const payload = ledger.make();
  ledger.refuse(payload);
  ledger.assertComplete();
  expect(() => ledger.see(event(payload, 0))).toThrow('was refused');
});

test('finds repeated, altered, unknown and disordered events', () => {
  const ledger = new Ledger();
  const [a, b, c, d] = [ledger.make('k'), ledger.make('k'), ledger.make('k'), ledger.make('k')];
  ledger.see(event(b, 5, { key: 'k' }));
  expect(() => ledger.see(event(b, 6, { key: 'k' }))).toThrow('came back twice');
  expect(() => ledger.see(event(a, 7, { key: 'k' }))).toThrow('k: 0 came after 1');
  expect(() => ledger.see(event(c, 4, { key: 'k' }))).toThrow('p/0: 4 came after');
  expect(() => ledger.see(event(d, 9))).toThrow();
  expect(() => ledger.see(event('{"n":99}', 9))).toThrow('nobody made');
  expect(() => ledger.see(event('{}', 9))).toThrow('no payload of the ledger');
});
