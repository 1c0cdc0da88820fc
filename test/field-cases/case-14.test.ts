// Field case 14: transferring one event's buffer must leave every other event and the bus alone.
import { expect, test } from 'vitest';
import { EventBus, memory } from '../../src/index.ts';

test('case 14: the bytes of an event are its own, in ordinary memory', async () => {
  const bus = await EventBus.create({ adapter: memory(), shards: 1 });
  const texts = Array.from({ length: 10 }, (_, index) => `{"n":${index},"pad":"xxx"}`);
  for (const text of texts) bus.ingestRaw(text);
  await bus.flush();
  const { events } = await bus.poll({ limit: 10 });
  const [first, second, ...others] = events;
  if (first === undefined || second === undefined) throw new Error('ten events were expected');
  expect(events.map(({ bytes }) => bytes.buffer.byteLength)).toEqual(texts.map((text) => text.length));
  structuredClone(first.bytes, { transfer: [first.bytes.buffer] });
  second.bytes.fill(0);
  expect(others.map((event) => event.text())).toEqual(texts.slice(2));
  expect(others.map((event) => event.json<{ n: number }>().n)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  const again = await bus.poll({ limit: 10 });
  expect(again.events.map((event) => event.text())).toEqual(texts);
  bus.ingestRaw('{"after":true}');
  await bus.flush();
  const [last] = (await bus.poll({ limit: 10, from: again.cursor })).events;
  expect(last?.text()).toBe('{"after":true}');
  await bus.shutdown();
});

test('case 14: digest and Response take the bytes of an event', async () => {
  const bus = await EventBus.create({ adapter: memory(), shards: 1 });
  bus.ingestRaw('abc');
  await bus.flush();
  const bytes = (await bus.poll({ limit: 1 })).events[0]?.bytes;
  if (bytes === undefined) throw new Error('an event was expected');
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
  expect(digest).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(await new Response(bytes).text()).toBe('abc');
  await bus.shutdown();
});
