// The memory of a batch that the adapter has taken is used for the next one, where the adapter says that it has done with it.
import { expect, test } from 'vitest';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import { HeldAdapter } from '../../support/held-adapter.ts';
import { feed, openBus, TIMEOUT_MS } from '../../support/open-bus.ts';

const open = () => openBus({ retry: { baseDelayMs: 1, maxDelayMs: 1 } }, new HeldAdapter({ releasesBatches: true }));
const memoryOf = ({ adapter }: { adapter: HeldAdapter }): ArrayBuffer => adapter.last.batch.frame.buffer;
const textOf = ({ adapter }: { adapter: HeldAdapter }): string[] =>
  [...adapter.last.batch].map(({ bytes }) => Buffer.from(bytes).toString());

test('batches that were taken at once lie in the same memory, each with its own events', async () => {
  const world = await open();
  await feed(world, 3);
  const memory = memoryOf(world);
  for (const count of [1, 3, 2]) {
    world.adapter.last.take();
    await world.environment.turn();
    await feed(world, count);
    expect(memoryOf(world)).toBe(memory);
    expect(textOf(world)).toEqual(Array.from({ length: count }, (_, nth) => `event ${nth}`));
  }
});

test('a batch that does not fit gets memory of its own, which then serves the next one', async () => {
  const world = await open();
  await feed(world, 1);
  const small = memoryOf(world);
  world.adapter.last.take();
  await world.environment.turn();
  await feed(world, 20);
  const large = memoryOf(world);
  expect(large).not.toBe(small);
  expect(textOf(world)).toHaveLength(20);
  world.adapter.last.take();
  await world.environment.turn();
  await feed(world, 1);
  expect(memoryOf(world)).toBe(large);
});

test('a batch that was refused or not answered in time keeps its memory: the adapter may still read it', async () => {
  const world = await open();
  await feed(world, 2);
  const refused = memoryOf(world);
  world.adapter.last.fail(new AdapterError('Transient', 'not now'));
  await world.environment.advance(2);
  world.adapter.last.take();
  await world.environment.turn();
  await feed(world, 2);
  const late = memoryOf(world);
  expect(late).not.toBe(refused);
  await world.environment.advance(TIMEOUT_MS + 1);
  world.adapter.last.take();
  await world.environment.turn();
  await feed(world, 2);
  expect(memoryOf(world)).not.toBe(late);
});

test('a signal serves the next call of its shard until an attempt has failed or timed out', async () => {
  const world = await open();
  const signalOf = ({ adapter }: { adapter: HeldAdapter }): AbortSignal => adapter.last.signal;
  await feed(world, 1);
  const first = signalOf(world);
  world.adapter.last.take();
  await world.environment.turn();
  await feed(world, 1);
  expect(signalOf(world)).toBe(first);
  world.adapter.last.fail(new AdapterError('Transient', 'not now'));
  await world.environment.advance(2);
  const second = signalOf(world);
  expect(second).not.toBe(first);
  await world.environment.advance(TIMEOUT_MS + 1);
  expect([first.aborted, second.aborted]).toEqual([false, true]);
  world.adapter.last.take();
  await world.environment.turn();
  await feed(world, 1);
  expect(signalOf(world)).not.toBe(second);
  expect(signalOf(world).aborted).toBe(false);
});

test('an adapter that does not say so may keep every batch', async () => {
  const world = await openBus();
  const memories = new Set<ArrayBuffer>();
  for (let nth = 0; nth < 4; nth += 1) {
    await feed(world, 2);
    memories.add(memoryOf(world));
    world.adapter.last.take();
    await world.environment.turn();
  }
  expect(memories.size).toBe(4);
  expect(world.adapter.calls.map(({ batch }) => [...batch].length)).toEqual([2, 2, 2, 2]);
});
