// Since when a lane of a running bus holds Timestamp order back.
import { expect, test } from 'vitest';
import { AdapterError } from '../../../src/errors/adapter-error.ts';
import { ManualEnvironment } from '../../../src/testing/manual-environment.ts';
import { HeldAdapter } from '../../support/held-adapter.ts';
import { openEngine } from '../../support/open-engine.ts';

test('C4 a batch holds since it left the ring, its retries included, and the next one since it left itself', async () => {
  const environment = new ManualEnvironment();
  const adapter = new HeldAdapter();
  const { bus, engine } = await openEngine({ adapter: adapter.factory, shards: 1 }, environment);
  bus.ingestRaw('first');
  await environment.advance(50);
  const [held] = engine.lanes.pendingShards();
  expect(held?.sinceMs).toBeLessThanOrEqual(environment.monotonicMs());
  for (let retry = 0; retry < 3; retry += 1) {
    adapter.last.fail(new AdapterError('Transient', 'away'));
    await environment.advance(3000);
    expect(engine.lanes.pendingShards()).toEqual([held]);
  }
  expect(adapter.calls).toHaveLength(4);
  bus.ingestRaw('second');
  const freedMs = environment.monotonicMs();
  adapter.last.take();
  await environment.advance(50);
  expect(engine.lanes.pendingShards()[0]?.sinceMs).toBeGreaterThanOrEqual(freedMs);
  adapter.hold = false;
  adapter.last.take();
  await environment.turn();
  expect(engine.lanes.pendingShards()).toEqual([]);
});
