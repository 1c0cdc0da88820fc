// Field case 12: long strings with multi-byte characters come out cut, or with bytes of foreign memory at the end.
import { expect, test } from 'vitest';
import { EventBus, memory } from '../../src/index.ts';

const MIB = 1_048_576;
const AROUND = [21_845, 65_536, 349_525];

function lengths(): number[] {
  const around = AROUND.flatMap((length) => [-3, -2, -1, 0, 1, 2, 3].map((step) => length + step));
  return [...Array.from({ length: 3001 }, (_, length) => length), ...around];
}

test('case 12, I2 text comes out as it went in, whatever lay in the staging area before', async () => {
  const bus = await EventBus.create({ adapter: memory(), shards: 1, backpressure: 'block' });
  const texts: string[] = [];
  const send = async (text: string): Promise<void> => {
    await bus.ingestRaw(text);
    texts.push(text);
  };
  await send('Z'.repeat(1e6));
  for (const length of lengths()) {
    const text = `${'€'.repeat(length)}😀`;
    if (Buffer.byteLength(text) <= MIB) await send(text);
    else expect(bus.tryIngestRaw(text)).toBe('too-large');
  }
  await send('x'.repeat(MIB));
  expect(bus.tryIngestRaw('€'.repeat(349_526))).toBe('too-large');
  await bus.flush();
  let cursor: string | undefined;
  for (let polled = 0; polled < texts.length; ) {
    const page = await bus.poll({ limit: 500, ...(cursor === undefined ? {} : { from: cursor }) });
    expect(page.events.length).toBeGreaterThan(0);
    for (const event of page.events) {
      expect(Buffer.compare(event.bytes, Buffer.from(texts[polled] as string)), `text ${polled}`).toBe(0);
      polled += 1;
    }
    cursor = page.cursor;
  }
  await bus.shutdown();
});

test('case 12 the limit is counted in bytes, for text as for values and keys', async () => {
  const bus = await EventBus.create({ adapter: memory(), maxEventBytes: 9 });
  expect(['€€€', '€€€x', 'xxxxxxxxx', '€€😀'].map((text) => bus.tryIngestRaw(text))).toEqual([
    'accepted',
    'too-large',
    'accepted',
    'too-large',
  ]);
  expect(['€€x', '€€xx'].map((text) => bus.tryIngest(text))).toEqual(['accepted', 'too-large']);
  await bus.shutdown();
});
