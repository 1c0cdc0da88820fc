// The sum of A2 under every fault: random lives of a bus in virtual time, each from a seed. ACCOUNT_RUNS says how many,
// ACCOUNT_SEED where to begin; a seed that ever failed goes into account-seeds.json and is run each time.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { World } from './account/world.ts';

const RUNS = Number(process.env.ACCOUNT_RUNS ?? 3000);
const FIRST_SEED = Number(process.env.ACCOUNT_SEED ?? Date.now() % 1_000_000_000);
const FAILED = JSON.parse(readFileSync(new URL('./account-seeds.json', import.meta.url), 'utf8')) as number[];

async function live(seed: number): Promise<World> {
  try {
    const world = await World.open(seed);
    await world.live();
    return world;
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
  }
}

test('A2 the sum holds for every seed that once broke it', async () => {
  for (const seed of FAILED) await live(seed);
});

test('A1 A2 A4 F1 F2 S2 the sum holds at every moment of random lives, and every event meets one end', {
  timeout: 60_000 + 40 * RUNS,
}, async () => {
  console.info(`account: ${RUNS} runs from seed ${FIRST_SEED}`);
  const ends: Record<string, number> = {};
  const resizes: Record<string, number> = {};
  let flushes = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const world = await live(FIRST_SEED + run);
    for (const { end } of world.ledger.order) ends[end] = (ends[end] ?? 0) + 1;
    for (const outcome of world.resizes.outcomes) resizes[outcome] = (resizes[outcome] ?? 0) + 1;
    flushes += world.flushes.settled;
  }
  console.info('account: ends', ends, 'flushes', flushes, 'resizes', resizes);
  if (RUNS < 1000) return;
  // The lives are varied enough to reach every end.
  expect(Object.keys(ends).sort()).toEqual(
    ['adapter-rejected', 'dispatched', 'evicted', 'retries-exhausted', 'stranded', 'unconfirmed'].sort(),
  );
  expect(flushes).toBeGreaterThan(RUNS);
  expect(resizes.done).toBeGreaterThan(RUNS / 4);
});
