// Many events in one call: each is offered in order, before the call returns, and those that were refused are named.
import type { IngestOutcome } from '../ingest/outcome.ts';

/** What became of the events of one `ingestBatch`. */
export interface BatchOutcome {
  /** Events that were accepted. */
  readonly accepted: number;
  /** Events that were refused, by their index in the call; 'aborted' is a waiter that gave up (Block). */
  readonly rejected: readonly RejectedEvent[];
}

export interface RejectedEvent {
  readonly index: number;
  readonly outcome: Exclude<IngestOutcome, 'accepted'> | 'aborted';
}

/** An event that waits for room: resolves to undefined, or to why it was refused. */
export type Waiting = Promise<RejectedEvent['outcome'] | undefined>;

/** Gathers outcomes; the ones that wait come last into the sum, but keep their index. */
export async function settleBatch(
  outcomes: readonly (RejectedEvent['outcome'] | 'accepted' | Waiting)[],
): Promise<BatchOutcome> {
  return sumBatch(await Promise.all(outcomes));
}

export function sumBatch(outcomes: readonly (RejectedEvent['outcome'] | 'accepted' | undefined)[]): BatchOutcome {
  const rejected: RejectedEvent[] = [];
  outcomes.forEach((outcome, index) => {
    if (outcome !== undefined && outcome !== 'accepted') rejected.push({ index, outcome });
  });
  return { accepted: outcomes.length - rejected.length, rejected };
}
