// The account of a bus: how every accepted event ended, and how every refused one was refused.
// Invariant: `record` is the only function that touches the counters of ends, and each event reaches it once.
// Evictions happen inside the kernel; a lane brings them here as a range of sequences, before anybody reads.
import type { AdapterError } from '../errors/adapter-error.ts';
import type { Lane } from './lane.ts';

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

/** Is told of every end; the flushes that are under way listen. */
export type EndListener = (lane: Lane, range: EndedRange, error: AdapterError | undefined) => void;

/** Every way in which an event can be refused: the outcomes of the specification, and an aborted waiter. */
export const REFUSALS = [
  'backpressure',
  'would-block',
  'sampled',
  'unrouted',
  'shutting-down',
  'serialization',
  'too-large',
  'aborted',
] as const;

export type Refusal = (typeof REFUSALS)[number];

export class Account {
  readonly totals: Ends = noEnds();
  readonly refused: Record<Refusal, number>;
  batchesDispatched = 0;
  readonly #listeners = new Set<EndListener>();

  constructor() {
    this.refused = Object.fromEntries(REFUSALS.map((refusal) => [refusal, 0])) as Record<Refusal, number>;
  }

  record(lane: Lane, range: EndedRange, error?: AdapterError): void {
    this.totals[range.end] += range.count;
    lane.ends[range.end] += range.count;
    for (const listener of this.#listeners) listener(lane, range, error);
  }

  /** Calls the listener for every end from now on; returns how to stop. */
  listen(listener: EndListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get dropped(): number {
    let sum = 0;
    for (const reason of DROP_REASONS) sum += this.totals[reason];
    return sum;
  }

  get rejected(): number {
    let sum = 0;
    for (const refusal of REFUSALS) sum += this.refused[refusal];
    return sum;
  }
}
