// Shards that come and go while events flow, in random lives in virtual time, each from a seed: nothing is lost, read
// twice or out of order. SCALING_RUNS says how many, SCALING_SEED where to begin; a seed that ever failed goes into
// scaling-seeds.json and is run each time.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { World } from './scaling/world.ts';

const RUNS = Number(process.env.SCALING_RUNS ?? 1000);
const FIRST_SEED = Number(process.env.SCALING_SEED ?? Date.now() % 1_000_000_000);
const FAILED = JSON.parse(readFileSync(new URL('./scaling-seeds.json', import.meta.url), 'utf8')) as number[];

async function live(seed: number): Promise<World> {
  const world = new World(seed);
  try {
    await world.live();
    return world;
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
  }
}

test('S1 S2 they hold for every seed that once broke them', async () => {
  for (const seed of FAILED) await live(seed);
});

test('A2 C1 C2 C4 C5 D3 S1 S2 they hold in random lives in which shards come and go', {
  timeout: 60_000 + 60 * RUNS,
}, async () => {
  console.info(`scaling: ${RUNS} runs from seed ${FIRST_SEED}`);
  const outcomes: Record<string, number> = {};
  let events = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const world = await live(FIRST_SEED + run);
    for (const outcome of world.outcomes) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    events += world.readers[0].ids.size;
  }
  console.info('scaling: outcomes', outcomes, 'events read', events);
  if (RUNS < 1000) return;
  expect(events).toBeGreaterThan(20 * RUNS);
  expect(outcomes.done).toBeGreaterThan(2 * RUNS);
  // The lives are varied enough to meet every way in which a call can end.
  for (const kind of ['Adapter', 'AlreadyDraining', 'BelowMinimum', 'DrainTimeout', 'ShuttingDown']) {
    expect(outcomes[kind]).toBeGreaterThan(0);
  }
});
