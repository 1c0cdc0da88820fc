// The end of a node: its peers get what it has ingested before it says goodbye. Invariant: it ends with the signal at the
// latest, and before that when no peer has got any further for a while. Before it: the last flush. After it: the links close.
import type { Environment } from '../../util/environment.ts';

export interface HandOverOptions {
  /** Whether a linked peer lacks something that this start has ingested. */
  readonly isLacking: () => boolean;
  /** How many events linked peers lack in all. */
  readonly lag: () => number;
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

const LOOK_EVERY_MS = 5;
/** A peer that gets no further for so long is waited for no more. */
const PATIENCE_MS = 1000;

export async function handOver({ isLacking, lag, environment, signal }: HandOverOptions): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  let progressAtMs = environment.monotonicMs();
  while (isLacking() && !signal.aborted) {
    const nowMs = environment.monotonicMs();
    const left = lag();
    if (left < least) progressAtMs = nowMs;
    else if (nowMs - progressAtMs >= PATIENCE_MS) return;
    least = Math.min(least, left);
    await new Promise<void>((resolve) => environment.after(LOOK_EVERY_MS, resolve));
  }
}
