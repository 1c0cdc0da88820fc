// Where the chance of a random test comes from.

/** The seed of a random test: a new one, or the one in MESHBUS_SEED. Printed, so that a failure can be repeated. */
export function seedOf(test: string): number {
  const given = process.env.MESHBUS_SEED;
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  console.log(`${test}: MESHBUS_SEED=${seed}`);
  return seed;
}
