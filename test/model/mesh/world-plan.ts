// What is drawn from the seed before a modelled mesh begins. Small meshes are most of them: they meet more faults each.

export interface WorldPlan {
  readonly nodes: number;
  readonly shards: number;
  /** How likely two nodes are to have a link, beside those that make the mesh whole. */
  readonly density: number;
  readonly delayMs: number;
  readonly windowBytes: number;
  /** The most events of a shard that a node keeps. */
  readonly maxEvents: number;
  readonly forgetAfterMs: number;
  /** Up to how many streams a position names all. */
  readonly foldAbove: number;
  /** How long faults go on. */
  readonly faultsMs: number;
  /** Between two faults, on average. */
  readonly faultEveryMs: number;
  readonly writeEveryMs: number;
}

export function planOf(random: () => number): WorldPlan {
  const pick = <T>(...choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const delayMs = pick(1, 20, 200);
  const nodes = pick(2, 2, 3, 3, 4, 5, 6, 8, random() < 0.2 ? 30 : 4);
  return {
    nodes,
    shards: pick(1, 1, 2),
    density: pick(0, 0.1, 0.5, 1),
    delayMs,
    // One message at a time where that does not take minutes.
    windowBytes: delayMs < 20 ? pick(1, 300, 100_000) : pick(5000, 100_000),
    maxEvents: pick(20, 100, 1_000_000, 1_000_000),
    forgetAfterMs: pick(6000, 1_000_000_000, 1_000_000_000),
    foldAbove: pick(0, 0, 8),
    faultsMs: pick(5000, 20_000, 40_000),
    faultEveryMs: pick(300, 1000, 4000),
    writeEveryMs: nodes > 10 ? 800 : pick(50, 200, 1000),
  };
}
