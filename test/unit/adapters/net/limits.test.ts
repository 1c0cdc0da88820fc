// The ends of the ranges: the longest events, the smallest buffers, many small batches.
import { afterEach, expect, test } from 'vitest';
import { within } from '../../../../src/testing/index.ts';
import { addressOf, figuresOf, MeshBuses, untilEvents } from '../../../support/net/mesh-buses.ts';

const MEBIBYTE = 1_048_576;
const LONGEST = 8 * MEBIBYTE;
const LARGE = { shards: 1, maxEventBytes: 16 * MEBIBYTE, ringBytes: 64 * MEBIBYTE } as const;
const TIGHT = { maxBufferBytes: 16 * MEBIBYTE, maxPeers: 128 } as const;
const buses = new MeshBuses();

afterEach(() => buses.close());

test('I2 the longest payload passes through the smallest buffers, over a relay, with the longest key and headers', async () => {
  const a = await buses.node({ listen: 0, ...TIGHT }, LARGE);
  const b = await buses.node({ listen: 0, peers: addressOf(a), ...TIGHT }, LARGE);
  const c = await buses.node({ peers: addressOf(b), ...TIGHT }, LARGE);
  const payload = Buffer.alloc(LONGEST, 'meshbus');
  const meta = { key: 'k'.repeat(30_000), headers: { h: 'v'.repeat(30_000) } };
  for (let nth = 0; nth < 3; nth += 1) a.ingestRaw(payload, meta);
  await a.flush();
  const events = await untilEvents(c, 3);
  for (const event of events) {
    expect(payload.equals(event.bytes)).toBe(true);
    expect([event.key, event.headers]).toEqual([meta.key, meta.headers]);
  }
});

test('I2 a longer one is refused, whatever maxEventBytes says', async () => {
  const a = await buses.node({ listen: 0 }, LARGE);
  expect(a.tryIngestRaw(Buffer.alloc(LONGEST + 1))).toBe('too-large');
  expect(a.tryIngestRaw(Buffer.alloc(LONGEST))).toBe('accepted');
});

test('a batch with more bytes than a message holds is cut before it', async () => {
  const options = { ...LARGE, batch: { maxBytes: 64 * MEBIBYTE, maxEvents: 100_000, maxDelayMs: 50 } } as const;
  const a = await buses.node({ listen: 0 }, options);
  const b = await buses.node({ peers: addressOf(a) }, options);
  for (let nth = 0; nth < 40; nth += 1) a.ingestRaw(Buffer.alloc(MEBIBYTE, nth));
  await a.flush();
  const events = await untilEvents(b, 40);
  expect(events.map(({ bytes }) => [bytes.length, bytes[0]])).toEqual(
    Array.from({ length: 40 }, (_, nth) => [MEBIBYTE, nth]),
  );
});

test('many streams of one event each pass, and are counted', async () => {
  const a = await buses.node({ listen: 0 }, { shards: 256, maxEventBytes: 1024, ringCapacity: 16 });
  const b = await buses.node({ peers: addressOf(a) }, { shards: 1 });
  for (let nth = 0; nth < 2000; nth += 1) a.tryIngestRaw(`event ${nth}`, { key: `key ${nth}` });
  await a.flush();
  const { eventsDispatched } = a.stats;
  expect(await untilEvents(b, eventsDispatched)).toHaveLength(eventsDispatched);
  await within(5000, () => figuresOf(b).streams === 256 && figuresOf(a).streams === 256);
});
