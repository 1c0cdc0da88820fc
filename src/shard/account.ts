// The account of a bus: how every accepted event ended, and how every refused one was refused.
// Invariant: `record` is the only function that touches the counters of ends, and each event reaches it once.
// Evictions happen inside the kernel; a lane brings them here as a range of sequences, before anybody reads.
import type { AdapterError } from '../errors/adapter-error.ts';
import { DROP_REASONS, type EndedRange, type Ends, noEnds } from './ends.ts';
import type { Lane } from './lane.ts';

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
