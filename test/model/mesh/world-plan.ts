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
  /** Between two batches of one node, on average. */
  readonly writeEveryMs: number;
  /** Up to how many places joins and copies make. */
  readonly mostSlots: number;
}

export function planOf(random: () => number): WorldPlan {
  const pick = <T>(...choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const delayMs = pick(1, 20, 200);
  const nodes = pick(2, 2, 2, 3, 3, 3, 4, 4, 5, random() < 0.1 ? pick(12, 30) : pick(6, 8));
  const faultsMs = pick(5000, 15_000, 30_000);
  return {
    nodes,
    shards: pick(1, 1, 2),
    density: nodes > 10 ? pick(0, 0.1) : pick(0, 0.1, 0.5, 1),
    delayMs,
    // One message at a time where that does not take minutes.
    windowBytes: delayMs < 20 ? pick(1, 300, 100_000) : pick(5000, 100_000),
    maxEvents: pick(20, 100, 1_000_000, 1_000_000),
    forgetAfterMs: pick(6000, 1_000_000_000, 1_000_000_000),
    foldAbove: pick(0, 0, 8),
    faultsMs,
    faultEveryMs: faultsMs / pick(4, 12, 25),
    writeEveryMs: (nodes * faultsMs) / pick(30, 80, 200),
    mostSlots: nodes + 4,
  };
}
