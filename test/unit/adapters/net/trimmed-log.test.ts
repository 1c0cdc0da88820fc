// A node that starts again over a log of which retention took the front, and a node that takes the rest from it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { log } from '../../../../src/index.ts';
import { within } from '../../../../src/testing/index.ts';
import { addressOf, eventsOf, MeshBuses, untilEvents } from '../../../support/net/mesh-buses.ts';

const folder = mkdtempSync(join(tmpdir(), 'meshbus-trimmed-'));
const buses = new MeshBuses();
afterEach(() => buses.close());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('C5 what retention took before a restart is trimmed to a node that takes the rest, not dropped', async () => {
  const store = log(folder, { maxEvents: 64 });
  const first = await buses.node({ store }, { shards: 1 });
  for (let nth = 0; nth < 200; nth += 1) {
    first.ingestRaw(`e${nth}`);
    if (nth % 4 === 3) await first.flush();
  }
  await within(20_000, async () => (await eventsOf(first)).length <= 64);
  await first.shutdown();
  const again = await buses.node({ store, listen: 0 }, { shards: 1 });
  const kept = (await eventsOf(again)).length;
  expect(kept).toBeGreaterThan(0);
  const taker = await buses.node({ peers: [addressOf(again)], joinTimeoutMs: 0 }, { shards: 1 });
  const taken = await untilEvents(taker, kept);
  expect(taken.map((event) => event.text())).toEqual(Array.from({ length: kept }, (_, nth) => `e${200 - kept + nth}`));
  const page = await taker.poll({ limit: 1000, from: 'earliest' });
  expect(page.gaps.map(({ reason, count }) => [reason, count])).toEqual([['trimmed', 200 - kept]]);
});
