// A node over a log of which retention took the front, also when it starts again, and a node that takes the rest from it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type EventBus, log } from '../../../../src/index.ts';
import { addressOf, eventsOf, MeshBuses } from '../../../support/net/mesh-buses.ts';

const folder = mkdtempSync(join(tmpdir(), 'meshbus-trimmed-'));
const buses = new MeshBuses();
afterEach(() => buses.close());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The events of a bus once they are as a test wants them. */
async function textsOnce(bus: EventBus, test: (texts: readonly string[]) => boolean): Promise<string[]> {
  const stop = AbortSignal.timeout(20_000);
  for (;;) {
    const texts = (await eventsOf(bus)).map((event) => event.text());
    if (test(texts)) return texts;
    stop.throwIfAborted();
    await turn();
  }
}

for (const when of ['while a node runs', 'before a restart'] as const) {
  test(`C5 what retention took ${when} is trimmed to a node that takes the rest, not dropped`, async () => {
    const store = log(join(folder, when), { maxEvents: 64 });
    let node = await buses.node({ store, listen: 0 }, { shards: 1 });
    for (let nth = 0; nth < 200; nth += 1) {
      node.ingestRaw(`e${nth}`);
      if (nth % 4 === 3) await node.flush();
    }
    await textsOnce(node, ({ length }) => length <= 64);
    if (when === 'before a restart') {
      await node.shutdown();
      node = await buses.node({ store, listen: 0 }, { shards: 1 });
    }
    const taker = await buses.node({ peers: [addressOf(node)], joinTimeoutMs: 0 }, { shards: 1 });
    const taken = await textsOnce(taker, (texts) => texts.at(-1) === 'e199');
    const trimmed = 200 - taken.length; // What the node notes counts for the bound, too: a little more may go at any time.
    expect(taken).toEqual(Array.from(taken, (_, nth) => `e${trimmed + nth}`));
    const { gaps } = await taker.poll({ limit: 1000, from: 'earliest' });
    expect(gaps.map(({ reason, count }) => [reason, count])).toEqual([['trimmed', trimmed]]);
  });
}
