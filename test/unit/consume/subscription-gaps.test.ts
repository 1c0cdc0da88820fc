// A subscription yields events alone; what is gone before them is told to onGap.
import { expect, test } from 'vitest';
import { ConsumerError, EventBus, type Gap, memory } from '../../../src/index.ts';

async function trimmedBus(): Promise<EventBus> {
  const bus = await EventBus.create({ adapter: memory({ maxEvents: 5 }), shards: 1 });
  for (let n = 0; n < 12; n += 1) bus.ingest({ n });
  await bus.flush();
  return bus as EventBus;
}

test('C5 a subscription tells of trimmed history before the events that follow it', async () => {
  const bus = await trimmedBus();
  const told: (Gap | number)[] = [];
  for await (const event of bus.subscribe({ onGap: (gap) => told.push(gap) })) {
    told.push(event.sequence);
    if (event.sequence === 11) break;
  }
  expect(told).toEqual([{ shard: 0, reason: 'trimmed', count: 7 }, 7, 8, 9, 10, 11]);
  await bus.shutdown();
});

test('what onGap throws ends the loop, and a wrong onGap is refused by name', async () => {
  const bus = await trimmedBus();
  const fail = bus.subscribe({
    onGap: () => {
      throw new Error('no gaps here');
    },
  });
  await expect(fail.next()).rejects.toThrow('no gaps here');
  expect(await fail.next()).toEqual({ done: true, value: undefined });
  await expect(bus.subscribe({ onGap: 7 as never }).next()).rejects.toThrow(ConsumerError);
  await bus.shutdown();
});
