// Timing by rounds: subject and yardstick take turns in the same process. Absolute times drift with the machine, within
// a run, too; so the result is the median of the ratios, each of two times that were taken one after the other.

/** For what works by batches: what is called once for each takes thousands of calls until the engine has compiled it. */
export const WARM_UPS = 4;

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

/** Runs each entry `rounds` times in turn, after its warm-ups; the times of each by name, round by round. */
export async function interleave(rounds, entries, warmUps = 1) {
  const times = Object.fromEntries(Object.keys(entries).map((name) => [name, []]));
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(entries)) {
      const time = await run();
      if (round >= 0) times[name].push(time);
    }
  }
  return times;
}

/** A row of the table. `ns` and `yardstickNs` are one time, or the times of the same rounds. */
export function row(name, { ns, yardstick, yardstickNs, target, note }) {
  const subject = [ns].flat();
  const base = yardstickNs === undefined ? undefined : [yardstickNs].flat();
  const ratio = base && median(subject.map((time, round) => time / base[round]));
  const holds = target === undefined ? undefined : ratio <= target;
  return { name, ns: median(subject), yardstick, yardstickNs: base && median(base), ratio, target, holds, note };
}

export function check(condition, message) {
  if (!condition) throw new Error(`a benchmark's own answer is wrong: ${message}`);
}

export function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}
