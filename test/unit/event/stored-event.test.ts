// What a consumer holds: fields on demand, bytes of its own, clear errors, useful JSON, cursors.
import { inspect } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ConsumeResponse } from '../../../src/consume/page.ts';
import { Poller } from '../../../src/consume/poller.ts';
import { EventBusError } from '../../../src/errors/event-bus-error.ts';
import type { StoredEvent } from '../../../src/event/stored-event.ts';
import { FrameRecord } from '../../../src/frame/record.ts';
import { BatchMaker } from '../../../src/testing/batch-maker.ts';
import { SampleSource } from '../../support/sample-source.ts';

let source: SampleSource;

beforeEach(() => {
  source = new SampleSource();
});

function page(limit = 100): Promise<ConsumeResponse> {
  return new Poller(source).poll({ limit });
}

async function only(): Promise<StoredEvent> {
  return (await page()).events[0] as StoredEvent;
}

describe('StoredEvent', () => {
  test('D3 its id names producer, shard and sequence', async () => {
    source.store.add(3, 1_700_000_000_123_456_789n, { producer: 'p-1', sequence: 9, key: 'k', json: { a: 1 } });
    const event = await only();
    expect(event.id).toBe('p-1/3/9');
    expect(event).toMatchObject({ shard: 3, sequence: 9, producer: 'p-1', key: 'k', late: false, headers: undefined });
    expect(event.timestampNs).toBe(1_700_000_000_123_456_789n);
    expect(event.timestamp).toEqual(new Date(1_700_000_000_123));
    expect(event.text()).toBe('{"a":1}');
    expect(event.json()).toEqual({ a: 1 });
    expect(event.json()).toBe(event.json());
  });

  test('I2 bytes are identical, in memory of their own, and belong to the caller', async () => {
    const stored = new Uint8Array(new ArrayBuffer(100), 10, 5).fill(7);
    source.store.add(0, 1000, { bytes: stored });
    const { bytes } = await only();
    expect(bytes).toEqual(stored);
    expect(bytes.buffer.byteLength).toBe(bytes.byteLength);
    bytes[0] = 1;
    structuredClone(bytes, { transfer: [bytes.buffer] });
    expect((await only()).bytes).toEqual(new Uint8Array(5).fill(7));
    expect(stored[0]).toBe(7);
  });

  test('I2 an event whose bytes were transferred takes no other with it', async () => {
    for (const view of new BatchMaker().batch(
      0,
      Array.from({ length: 10 }, (_, n) => `{"number":"${n} of ten"}`),
    )) {
      source.store.add(0, view.timestampNs, { bytes: view.bytes });
    }
    const { events } = await page();
    const [first, second] = events as [StoredEvent, StoredEvent];
    structuredClone(first.bytes, { transfer: [first.bytes.buffer] });
    expect(first.json()).toEqual({ number: '0 of ten' });
    expect(second.bytes.byteLength).toBe(second.bytes.buffer.byteLength);
    expect(events.slice(1).map((event) => event.text())).toHaveLength(9);
    expect(await new Response(second.bytes).text()).toBe(second.text());
    expect((await crypto.subtle.digest('SHA-256', second.bytes)).byteLength).toBe(32);
  });

  test('bytes give the same object each time', async () => {
    source.store.add(0, 1000);
    const event = await only();
    expect(event.bytes).toBe(event.bytes);
  });

  test('headers come back with their own names, __proto__ too, and are frozen', async () => {
    const headers = JSON.parse('{"__proto__":"x","toString":"y"}') as Record<string, string>;
    source.store.add(0, 1000, { headers, key: '__proto__' });
    const event = await only();
    expect(Object.entries(event.headers ?? {})).toEqual([
      ['__proto__', 'x'],
      ['toString', 'y'],
    ]);
    expect(event.key).toBe('__proto__');
    expect(event.headers).toBe(event.headers);
    expect(Object.isFrozen(event.headers)).toBe(true);
    expect(Object.isFrozen(headers)).toBe(false);
  });

  test('a payload with a __proto__ member comes back as it was, and changes no prototype', async () => {
    source.store.add(0, 1000, { text: '{"__proto__":{"admin":true},"constructor":1}' });
    const event = await only();
    expect(JSON.stringify(event.json())).toBe('{"__proto__":{"admin":true},"constructor":1}');
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  test('json of what is not JSON says which event, and does not quote the payload', async () => {
    source.store.add(0, 1000, { text: '{"secret": hunter2' });
    const event = await only();
    expect(() => event.json()).toThrow(EventBusError);
    expect(() => event.json()).toThrow(
      expect.objectContaining({ kind: 'Adapter', cause: expect.objectContaining({ kind: 'Serialization' }) }),
    );
    expect(() => event.json()).toThrow(/^event a\/0\/0 \(18 bytes\) is not JSON in UTF-8; read event\.bytes instead$/);
    expect(event.text()).toBe('{"secret": hunter2');
  });

  test.each([
    ['plain record', false],
    ['frame record', true],
  ])('invalid UTF-8 is no text and no JSON, %s', async (_name, framed) => {
    const bytes = Uint8Array.from(Buffer.from('{"a":"x\xffy","b":1}', 'latin1'));
    const [view] = new BatchMaker().batch(0, [bytes]);
    source.store.add(0, 1000, framed ? ({ utf8: () => (view as FrameRecord).utf8(), bytes } as never) : { bytes });
    const event = await only();
    expect(view).toBeInstanceOf(FrameRecord);
    expect(() => event.text()).toThrow(/not UTF-8/);
    expect(() => event.json()).toThrow(/not JSON/);
    expect(event.bytes).toEqual(bytes);
    expect(event.toJSON()).toMatchObject({ base64: Buffer.from(bytes).toString('base64') });
  });

  test('a replacement character that was stored is text, and a byte order mark stays', async () => {
    source.store.add(0, 1000, { text: '"\ufffd"' });
    source.store.add(0, 1001, { text: '\ufeffx' });
    const { events } = await page();
    expect(events.map((event) => event.text())).toEqual(['"\ufffd"', '\ufeffx']);
  });
});

describe('pages and events as JSON', () => {
  test('JSON.stringify is useful, the stamp in digits', async () => {
    source.store.add(1, 1_700_000_000_000_000_001n, { json: { a: 1 }, headers: { h: 'v' } });
    const first = await page();
    const event = {
      id: 'a/1/0',
      shard: 1,
      sequence: 0,
      producer: 'a',
      timestampNs: '1700000000000000001',
      timestamp: '2023-11-14T22:13:20.000Z',
      headers: { h: 'v' },
      late: false,
      payload: { a: 1 },
    };
    expect(JSON.parse(JSON.stringify(first))).toEqual({
      events: [event],
      cursor: first.cursor,
      hasMore: false,
      gaps: [],
      failedShards: [],
      heldShards: [],
    });
  });

  test('inspect shows the event and nothing internal', async () => {
    source.store.add(1, 1000, { json: { a: 1 } });
    const text = inspect(await page(), { depth: 9 });
    expect(text).toContain("id: 'a/1/0'");
    expect(text).not.toMatch(/Symbol|trail|record|#/);
  });

  test('inspect shows members by the names and types that they have', async () => {
    source.store.add(1, 1000, { json: { a: 1 } });
    source.store.add(1, 1001, { text: 'no JSON' });
    const [json, bytes] = (await page()).events;
    expect(inspect(json)).toMatch(/timestampNs: 1000n,\s+timestamp: 1970-01-01T00:00:00.000Z,/);
    expect(inspect(json)).toContain("'json()': { a: 1 }");
    expect(inspect(bytes)).toContain('bytes: Uint8Array(7)');
    expect(inspect([json, bytes])).not.toMatch(/payload|base64/);
  });

  test('cloning an event or a page fails with a message that says what to pass instead', async () => {
    source.store.add(1, 1000);
    const first = await page();
    const { port1 } = new MessageChannel();
    expect(() => structuredClone(first.events[0])).toThrow(/pass event\.toJSON\(\) or event\.bytes instead/);
    expect(() => port1.postMessage(first)).toThrow(/pass event\.toJSON\(\) or event\.bytes instead/);
    expect(structuredClone(first.toJSON()).events).toHaveLength(1);
    port1.close();
  });
});

describe('event.cursor', () => {
  test('C2 resumes right after the event, from the front, the back and the middle', async () => {
    for (let n = 0; n < 60; n += 1) source.store.add(n % 4, 1000 + n);
    source.store.seal(2);
    const poller = new Poller(source);
    const whole = await poller.poll({ limit: 60, ordering: 'timestamp' });
    for (const index of [0, 1, 2, 30, 7, 59, 58, 0]) {
      const rest = await poller.poll({ limit: 60, ordering: 'timestamp', from: whole.events[index]?.cursor });
      expect(rest.events.map(({ id }) => id)).toEqual(whole.events.slice(index + 1).map(({ id }) => id));
    }
    expect(whole.events[59]?.cursor).toBe(whole.cursor);
  });

  test.each(['sequence', 'timestamp'] as const)('C2 is what a page that ends there gives, %s', async (ordering) => {
    for (let n = 0; n < 60; n += 1) source.store.add(n % 3, 1000 + n, { json: { odd: n % 2 } });
    source.store.seal(0);
    for (const filter of [undefined, { path: 'odd', value: 1 }]) {
      for (let limit = 1; limit <= 30; limit += 1) {
        const part = await new Poller(source).poll({ limit, ordering, filter });
        expect(part.events.at(-1)?.cursor).toBe(part.cursor);
      }
    }
  });

  test('reading it for each of 100,000 events costs about as much as writing the cursors', async () => {
    for (let n = 0; n < 100_000; n += 1) source.store.add(n % 4, 1000 + n);
    const { events, cursor } = await page(100_000);
    let last = '';
    for (const event of events) last = event.cursor;
    expect(last).toBe(cursor);
  });
});
