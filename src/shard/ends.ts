// How an accepted event can end, and sums of ends. Invariant: each accepted event has one end and no other.

/** Why an accepted event was dropped. */
export type DropReason = 'evicted' | 'adapter-rejected' | 'retries-exhausted' | 'unconfirmed' | 'stranded';

/** How an accepted event ended. */
export type End = 'dispatched' | DropReason;

/** How many events ended how. */
export type Ends = Record<End, number>;

export const DROP_REASONS = ['evicted', 'adapter-rejected', 'retries-exhausted', 'unconfirmed', 'stranded'] as const;

export function noEnds(): Ends {
  return {
    dispatched: 0,
    evicted: 0,
    'adapter-rejected': 0,
    'retries-exhausted': 0,
    unconfirmed: 0,
    stranded: 0,
  };
}

export function addEnds(to: Ends, from: Ends): void {
  for (const end of Object.keys(to) as End[]) to[end] += from[end];
}

/** Events of a lane with contiguous sequences that ended alike. */
export interface EndedRange {
  readonly end: End;
  readonly firstSequence: number;
  readonly count: number;
}
