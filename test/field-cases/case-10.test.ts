// Field case 10: results that hold a bigint must survive JSON.stringify, inspect, and say what to pass to a worker.
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { EventBus, memory } from '../../src/index.ts';

test('case 10: pages, events and stats serialise as useful JSON, and nothing internal shows', async () => {
  const bus = await EventBus.create({ adapter: memory(), shards: 1 });
  bus.ingest({ token: 'Hello' }, { key: 'session-1', headers: { trace: 't-1' } });
  await bus.flush();
  const page = await bus.poll({ limit: 1 });
  const [event] = page.events;
  const json = JSON.parse(JSON.stringify(page));
  expect(json.cursor).toBe(page.cursor);
  expect(json.events[0]).toMatchObject({
    id: event?.id,
    key: 'session-1',
    headers: { trace: 't-1' },
    timestampNs: String(event?.timestampNs),
    payload: { token: 'Hello' },
  });
  expect(JSON.parse(JSON.stringify(event))).toEqual(json.events[0]);
  expect(JSON.parse(JSON.stringify(bus.stats))).toMatchObject({ eventsIngested: 1, eventsDispatched: 1 });
  for (const value of [page, event, bus.stats]) {
    expect(inspect(value)).not.toMatch(/#|Frame|Kernel|Buffer|Symbol/);
  }
  await bus.shutdown();
});

test('case 10: what cannot be cloned says what to pass instead', async () => {
  const bus = await EventBus.create({ adapter: memory(), shards: 1 });
  bus.ingest({ token: 'Hello' });
  await bus.flush();
  const page = await bus.poll({ limit: 1 });
  const channel = new MessageChannel();
  expect(() => structuredClone(page.events[0])).toThrow(/toJSON\(\)|bytes/);
  expect(() => channel.port1.postMessage(page)).toThrow(/toJSON\(\)|bytes/);
  expect(structuredClone(page.events[0]?.toJSON())).toMatchObject({ payload: { token: 'Hello' } });
  channel.port1.close();
  await bus.shutdown();
});
