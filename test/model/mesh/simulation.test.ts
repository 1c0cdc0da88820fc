// Meshes under faults, each from a seed. MESHBUS_SIMULATE says how many runs, MESHBUS_SEED repeats one of them;
// `npm run simulate` makes 10,000, and is for new seeds: some in ten thousand show what docs/decisions/0015 leaves open
// (seed 6000186), which must not make these tests fail by chance.
import { test } from 'vitest';
import { simulate } from './simulate.ts';

const RUNS = 200;
const FIRST_SEED = 9_100_000;

const given = process.env.MESHBUS_SEED !== undefined;
const runs = given ? 1 : Number(process.env.MESHBUS_SIMULATE ?? RUNS);

test(`${runs} meshes under faults lose, repeat and disorder nothing`, { timeout: 36_000_000 }, async () => {
  const first = Number(process.env.MESHBUS_SEED ?? FIRST_SEED);
  for (let nth = 0; nth < runs; nth += 1) {
    try {
      await simulate(first + nth);
    } catch (error) {
      throw new Error(`MESHBUS_SEED=${first + nth}: ${(error as Error).message}`, { cause: error });
    }
  }
});
