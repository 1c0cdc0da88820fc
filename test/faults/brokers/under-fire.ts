// Two buses on one prefix under fire, one of them in a process that is killed, and the account at the end: of everything
// that a resolved flush covered nothing is missing, and nothing is there twice.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { seededRandom } from '../../../src/testing/index.ts';
import { TcpProxy } from '../../support/servers/tcp-proxy.ts';
import { type Broker, openWriter, PREFIX, urlOf } from './broker.ts';
import { ChildProducer } from './child-producer.ts';
import { Fire } from './fire.ts';
import { NumberedProducer } from './numbered-producer.ts';
import { numbersOf, readAll } from './stored-events.ts';

/** How long it burns. A minute: MESHBUS_FIRE_MS=60000. */
export const FIRE_MS = Number(process.env.MESHBUS_FIRE_MS ?? 8000);

/** Rejects unless everything came out right. */
export async function standFire(broker: Broker): Promise<void> {
  const seed = Number(process.env.MESHBUS_FIRE_SEED ?? Date.now() % 1_000_000);
  console.log(`MESHBUS_FIRE_SEED=${seed}`);
  const folder = mkdtempSync(join(tmpdir(), 'meshbus-fire-'));
  const proxy = await TcpProxy.start(broker.port);
  const url = urlOf(broker, proxy.port);
  const child = new ChildProducer(broker.adapterCode, { url, prefix: PREFIX, folder });
  try {
    const own = new NumberedProducer(await openWriter(broker.adapter(url)), 'own');
    const fire = new Fire({ broker, proxy, child, random: seededRandom(seed) });
    child.start();
    own.start();
    await fire.burn(FIRE_MS);
    const stats = await own.stop();
    await child.kill();
    const events = await readAll(broker);
    const { strikes } = fire;
    console.log(JSON.stringify({ ...strikes, ...broker.figures(), stored: events.length, runs: child.covered }));

    for (const [kind, times] of Object.entries(strikes)) expect([kind, times > 0]).toEqual([kind, true]);
    expect(stats.eventsDispatched + stats.eventsDropped).toBe(stats.eventsIngested);
    expect(stats.eventsDropped).toBe(0);
    expect(own.covered).toBe(stats.eventsIngested);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    checkNumbers(numbersOf(events), new Map([['own', own.covered], ...child.covered.map(namedRun)]));
  } finally {
    await child.kill();
    child.remove();
    await proxy.stop();
    rmSync(folder, { recursive: true });
  }
}

const namedRun = (covered: number, run: number): [string, number] => [`child${run}`, covered];

/** No number is stored twice, and every one below what was covered is stored; of our own no other is. */
function checkNumbers(stored: ReadonlyMap<string, readonly number[]>, covered: ReadonlyMap<string, number>): void {
  for (const [name, numbers] of stored) expect([name, new Set(numbers).size]).toEqual([name, numbers.length]);
  expect(stored.get('own')?.length).toBe(covered.get('own'));
  for (const [name, count] of covered) {
    const seen = new Set(stored.get(name));
    const missing = Array.from({ length: count }, (_, nth) => nth).filter((each) => !seen.has(each));
    expect([name, missing]).toEqual([name, []]);
  }
}
