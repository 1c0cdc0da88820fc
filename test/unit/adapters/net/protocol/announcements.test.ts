// What a peer is told of many streams, as far as it takes it.
import { expect, test } from 'vitest';
import { RecordedHost } from './recorded-host.ts';

const STREAMS = 3500;

function toldStreams(host: RecordedHost): number[] {
  return host.take(1, 'ranges').flatMap(({ entries }) => entries.map(({ number }) => number));
}

test('a peer that links up is told of all streams in messages of 1,000', () => {
  const host = new RecordedHost();
  host.know(STREAMS);
  host.link(1, 'peer');
  const messages = host.take(1, 'ranges');
  expect(messages.map(({ entries }) => entries.length)).toEqual([1000, 1000, 1000, 500]);
});

test('a peer that takes nothing is told a message at a time, and the rest when it has room: each stream once', () => {
  const host = new RecordedHost();
  host.know(STREAMS);
  host.room = 0;
  host.link(1, 'peer');
  const told = [toldStreams(host)];
  host.replication.turn();
  told.push(toldStreams(host));
  host.room = 1_000_000;
  host.replication.writable(1);
  told.push(toldStreams(host));
  expect(told.map(({ length }) => length)).toEqual([1000, 1000, 1500]);
  expect(told.flat()).toEqual(Array.from({ length: STREAMS }, (_, nth) => nth));
  host.replication.turn();
  expect(toldStreams(host)).toEqual([]);
});
