// Meshes under faults, each from a seed. MESHBUS_SIMULATE says how many runs, MESHBUS_SEED repeats one of them;
// `npm run simulate` makes 10,000.
import { test } from 'vitest';
import { seedOf } from '../../support/seed.ts';
import { simulate } from './simulate.ts';

const RUNS = 200;

const given = process.env.MESHBUS_SEED !== undefined;
const runs = given ? 1 : Number(process.env.MESHBUS_SIMULATE ?? RUNS);

test(`${runs} meshes under faults lose, repeat and disorder nothing`, { timeout: 36_000_000 }, async () => {
  const first = seedOf('mesh simulation');
  for (let nth = 0; nth < runs; nth += 1) {
    try {
      await simulate(first + nth);
    } catch (error) {
      throw new Error(`MESHBUS_SEED=${first + nth}: ${(error as Error).message}`, { cause: error });
    }
  }
});
