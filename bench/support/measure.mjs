// Timing by rounds: subject and yardstick take turns in the same process, and the medians are what counts.
// Absolute times drift with the machine; the ratio of the medians is the result.

/** Nanoseconds per item of one call of `work`, which handles `items` of them. */
export function nsPerItem(items, work) {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / items;
}

/** The same for work that awaits. */
export async function nsPerItemAsync(items, work) {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / items;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** Runs each entry `rounds` times in turn, after one warm-up each; the median of each by name. */
export async function interleave(rounds, entries) {
  const times = Object.fromEntries(Object.keys(entries).map((name) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(entries)) {
      const time = await run();
      if (round >= 0) times[name].push(time);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
}

/** A row of the table: what was measured, beside its yardstick where it has one. */
export function row(name, { ns, yardstick, yardstickNs, target, note }) {
  const ratio = yardstickNs === undefined ? undefined : ns / yardstickNs;
  return {
    name,
    ns,
    yardstick,
    yardstickNs,
    ratio,
    target,
    holds: target === undefined ? undefined : ratio <= target,
    note,
  };
}

export function check(condition, message) {
  if (!condition) throw new Error(`a benchmark's own answer is wrong: ${message}`);
}

export function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}
