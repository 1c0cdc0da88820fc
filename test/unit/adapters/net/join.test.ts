// A start that waits for its mesh: it depends on no single peer.
import { afterEach, expect, test } from 'vitest';
import { within } from '../../../../src/testing/index.ts';
import { HeldStore } from '../../../support/net/held-store.ts';
import { addressOf, eventsOf, MeshBuses } from '../../../support/net/mesh-buses.ts';

const buses = new MeshBuses();
afterEach(() => buses.close());

test('joinTimeoutMs: a peer whose disk hangs does not hold up a start that has another one', async () => {
  const store = new HeldStore();
  const hanging = await buses.node({ listen: 0, store: store.factory });
  const a = await buses.node({ listen: 0 });
  a.ingestRaw('one');
  await a.flush();
  store.hold();
  const orders = [
    [addressOf(hanging), addressOf(a)],
    [addressOf(a), addressOf(hanging)],
  ];
  for (const peers of orders) {
    const joined = await within(10_000, buses.node({ peers, joinTimeoutMs: 3000 }));
    expect((await eventsOf(joined)).map((event) => event.text())).toEqual(['one']);
  }
  store.letGo();
});

test('joinTimeoutMs: a start whose only peer does not answer says that it is linked', async () => {
  const store = new HeldStore();
  const hanging = await buses.node({ listen: 0, store: store.factory });
  store.hold();
  const joining = buses.node({ peers: addressOf(hanging), joinTimeoutMs: 500 });
  await expect(within(5000, joining)).rejects.toThrow('is linked, but no peer could say');
  store.letGo();
});
