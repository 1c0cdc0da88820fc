// One process of `npm run simulate`: every nth seed of a range, one line of JSON for each run.
import { simulate } from './simulate.ts';

const [first = 0, step = 1, end = 1] = process.argv.slice(2).map(Number);
for (let seed = first; seed < end; seed += step) {
  let outcome: object;
  try {
    const { readers, heldReaders } = await simulate(seed);
    outcome = { seed, readers: readers.length, givenUp: heldReaders };
  } catch (error) {
    outcome = { seed, readers: 0, givenUp: 0, failure: (error as Error).message };
  }
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
