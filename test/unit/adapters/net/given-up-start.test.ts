// A start that the bus gives up while the node still waits for its peers: it leaves nothing open.
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { memory } from '../../../../src/index.ts';
import { within } from '../../../../src/testing/index.ts';
import { addressOf, MeshBuses } from '../../../support/net/mesh-buses.ts';

const buses = new MeshBuses();
afterEach(() => buses.close());

test('a start that the bus gives up after adapterTimeoutMs frees its port and its store, however long joinTimeoutMs is', async () => {
  const first = await buses.node({ listen: 0 });
  const listen = addressOf(first);
  await first.shutdown();
  const store = memory();
  const options = { listen, store, peers: '127.0.0.1:1', joinTimeoutMs: 600_000 };
  await expect(buses.node(options, { adapterTimeoutMs: 200 })).rejects.toThrow('net init did not settle within 200 ms');
  const opened = async (): Promise<unknown> => {
    await turn();
    return buses.node({ listen, store }).catch(opened); // In use as yet.
  };
  await within(5000, opened());
});
